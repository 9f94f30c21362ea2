import type { FatVolume, FileContent, SampleFile } from './fat-volume.ts';
import { databaseContent, packedContent, textContent, webLogContent } from './sample-content.ts';

/** The three VMs of the sample site, as data. Sizes in bytes. */

export const kibibyte = 1024;
export const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

export interface SampleDisk {
  readonly fileName: string;
  readonly format: 'fixed-vhd' | 'dynamic-vhd' | 'dynamic-vhdx';
  readonly sizeBytes: number;
  /** MBR with one partition a volume, the first one active; or GPT with an EFI system partition first. */
  readonly table: 'mbr-active' | 'mbr-data' | 'gpt';
  readonly volumes: readonly FatVolume[];
  /** Overwrite these parts of files in a checkpoint's differencing disk. */
  readonly checkpointWrites: readonly CheckpointWrite[];
}

export interface CheckpointWrite {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface SampleVm {
  readonly name: string;
  /** Below the VM's folder, where its disks lie: `` or `Virtual Hard Disks`. */
  readonly disksFolder: string;
  readonly disks: readonly SampleDisk[];
}

type ContentMaker = (seed: number) => FileContent;

const program: ContentMaker = (seed) => packedContent(seed, 'MZ\x90\0');
const picture: ContentMaker = (seed) => packedContent(seed, '\xff\xd8\xff\xe0');
const office: ContentMaker = (seed) => packedContent(seed, 'PK\x03\x04');
const portableDocument: ContentMaker = (seed) => packedContent(seed, '%PDF-1.7\r\n');
const registry: ContentMaker = (seed) => packedContent(seed, 'regf');

/** Gives each file a seed of its own, made of the site's seed and its path. */
const seededFiles = (
  siteSeed: number,
  files: readonly (readonly [path: string, sizeBytes: number, content: ContentMaker])[],
): readonly SampleFile[] =>
  files.map(([path, sizeBytes, content]) => {
    const seed = [...path].reduce(
      (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x0100_0193),
      siteSeed,
    );
    return { path, sizeBytes, content: content(seed) };
  });

const windowsFiles = [
  ['Windows/System32/ntoskrnl.exe', 6 * mebibyte, program],
  ['Windows/System32/config/SYSTEM', 4 * mebibyte, registry],
  ['Windows/System32/config/SOFTWARE', 6 * mebibyte, registry],
  ['Windows/System32/drivers/storvsc.sys', 180 * kibibyte, program],
  ['Windows/System32/drivers/netvsc.sys', 260 * kibibyte, program],
  ['Windows/System32/drivers/etc/hosts', 824, textContent],
  ['Windows/win.ini', 92, textContent],
] as const;

const numbered = (count: number, name: (number: string) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => name(String(index + 1).padStart(4, '0')));

const web01 = (seed: number): SampleVm => ({
  name: 'WEB01',
  disksFolder: 'Virtual Hard Disks',
  disks: [
    {
      fileName: 'WEB01.vhd',
      format: 'fixed-vhd',
      sizeBytes: 96 * mebibyte,
      table: 'mbr-active',
      checkpointWrites: [],
      volumes: [
        {
          type: 'fat16',
          offset: mebibyte,
          length: 94 * mebibyte,
          label: 'SYSTEM',
          serial: 0x5eed_0001 ^ seed,
          files: seededFiles(seed + 1, [
            ...windowsFiles,
            ['inetpub/wwwroot/index.html', 5_311, textContent],
            ['inetpub/wwwroot/web.config', 2_204, textContent],
            ['inetpub/wwwroot/css/site.css', 38_120, textContent],
            ['inetpub/wwwroot/bin/Contoso.Shop.dll', 3 * mebibyte, program],
            ...numbered(48, (number) => `inetpub/wwwroot/images/product-${number}.jpg`).map(
              (path) => [path, 150_000, picture] as const,
            ),
            ['inetpub/logs/LogFiles/W3SVC1/u_ex251101.log', 4 * mebibyte, webLogContent],
            ['inetpub/logs/LogFiles/W3SVC1/u_ex251102.log', 4 * mebibyte, webLogContent],
            ['inetpub/logs/LogFiles/W3SVC1/u_ex251103.log', 4 * mebibyte, webLogContent],
            ['pagefile.sys', 16 * mebibyte, (fileSeed) => packedContent(fileSeed, '')],
          ]),
        },
      ],
    },
  ],
});

const fileServer = (seed: number): SampleVm => ({
  name: 'FILESRV',
  disksFolder: '',
  disks: [
    {
      fileName: 'FILESRV.vhd',
      format: 'dynamic-vhd',
      sizeBytes: 2 * gibibyte,
      table: 'mbr-active',
      checkpointWrites: [],
      volumes: [
        {
          type: 'fat32',
          offset: mebibyte,
          length: 2 * gibibyte - 2 * mebibyte,
          label: 'FILESRV',
          serial: 0x5eed_0002 ^ seed,
          files: seededFiles(seed + 2, [
            ...windowsFiles,
            ['pagefile.sys', 12 * mebibyte, (fileSeed) => packedContent(fileSeed, '')],
            ['Shares/Finance/2025/Quarterly report Q3 2025.xlsx', 2 * mebibyte, office],
            ['Shares/Finance/2025/Budget 2026 (draft).xlsx', 900 * kibibyte, office],
            ['Shares/Finance/2025/ledger.csv', 12 * mebibyte, textContent],
            ...numbered(40, (number) => `Shares/Finance/Invoices/2025/Invoice 2025-${number}.pdf`).map(
              (path) => [path, 210_000, portableDocument] as const,
            ),
            ['Shares/Sales/Price list.docx', 640 * kibibyte, office],
            ['Shares/Sales/customers.mdb', 20 * mebibyte, databaseContent],
          ]),
        },
      ],
    },
    {
      fileName: 'FILESRV-archive.vhd',
      format: 'dynamic-vhd',
      sizeBytes: 4 * gibibyte,
      table: 'mbr-data',
      checkpointWrites: [],
      volumes: [
        {
          type: 'fat32',
          offset: mebibyte,
          length: 4 * gibibyte - 2 * mebibyte,
          label: 'ARCHIVE',
          serial: 0x5eed_0003 ^ seed,
          files: seededFiles(seed + 3, [
            ...numbered(12, (number) => `Archive/2024/Scans/scan-${number}.pdf`).map(
              (path) => [path, mebibyte, portableDocument] as const,
            ),
            ['Archive/2024/mailbox-export.pst', 10 * mebibyte, (fileSeed) => packedContent(fileSeed, '!BDN')],
          ]),
        },
      ],
    },
  ],
});

const databasePath = 'SQL/Data/orders.mdf';
const databaseLogPath = 'SQL/Data/orders_log.ldf';

const sqlServer = (seed: number): SampleVm => ({
  name: 'SQL01',
  disksFolder: 'Virtual Hard Disks',
  disks: [
    {
      fileName: 'SQL01.vhdx',
      format: 'dynamic-vhdx',
      sizeBytes: 8 * gibibyte,
      table: 'gpt',
      volumes: [
        {
          type: 'fat32',
          offset: mebibyte,
          length: 100 * mebibyte,
          label: 'ESP',
          serial: 0x5eed_0004 ^ seed,
          files: seededFiles(seed + 4, [
            ['EFI/BOOT/BOOTX64.EFI', 1_600_000, program],
            ['EFI/Microsoft/Boot/bootmgfw.efi', 1_600_000, program],
            ['EFI/Microsoft/Boot/BCD', 32 * kibibyte, registry],
          ]),
        },
        {
          type: 'fat32',
          offset: 117 * mebibyte,
          length: 8 * gibibyte - 118 * mebibyte,
          label: 'SQLDATA',
          serial: 0x5eed_0005 ^ seed,
          files: seededFiles(seed + 5, [
            ...windowsFiles,
            [databasePath, 40 * mebibyte, databaseContent],
            [databaseLogPath, 8 * mebibyte, (fileSeed) => packedContent(fileSeed, '')],
            [
              'SQL/Backup/orders_full_20251103.bak',
              8 * mebibyte,
              (fileSeed) => packedContent(fileSeed, 'TAPE'),
            ],
            ['SQL/Log/ERRORLOG', 600 * kibibyte, textContent],
          ]),
        },
      ],
      // What the database did since the checkpoint: pages here and there, and its log from the start.
      checkpointWrites: [
        ...Array.from({ length: 160 }, (_, index) => ({
          path: databasePath,
          offset: 8 * kibibyte * ((index * 797) % 1280),
          bytes: 8 * kibibyte,
        })),
        { path: databaseLogPath, offset: 0, bytes: 3 * mebibyte },
      ],
    },
  ],
});

/** The site's VMs; the same seed makes the same bytes. */
export const sampleVms = (seed: number): readonly SampleVm[] => [
  web01(seed),
  fileServer(seed),
  sqlServer(seed),
];
