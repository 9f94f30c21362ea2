/**
 * `node scripts/run.mjs scripts/icons.ts`: draws the drawings in resources/ as the pictures that systems want: PNGs for
 * windows, notifications and Linux, ICOs for Windows. The results are kept with the sources; draw again when a drawing changes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { findBrowser } from './browser.ts';
import { projectRoot } from './product.ts';

const resources = join(projectRoot, 'resources');
const windowsSizes = [16, 20, 24, 32, 40, 48, 64, 256] as const;
const linuxSizes = [16, 32, 48, 64, 128, 256, 512] as const;
const traySizes = [16, 20, 24, 32] as const;
/** From here on Windows takes a PNG inside an ICO; smaller ones are bitmaps, which every program reads. */
const pngFromSize = 256;

interface Drawn {
  readonly size: number;
  readonly png: Buffer;
  /** RGBA, from the top. */
  readonly pixels: Buffer;
}

const draw = async (page: Page, svg: string, size: number): Promise<Drawn> => {
  const { png, pixels } = await page.evaluate(
    async ({ svg, size }) => {
      const image = new Image(size, size);
      image.src = `data:image/svg+xml;base64,${btoa(svg)}`;
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size });
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0, size, size);
      return {
        png: canvas.toDataURL('image/png').split(',')[1]!,
        pixels: [...context.getImageData(0, 0, size, size).data],
      };
    },
    { svg, size },
  );
  return { size, png: Buffer.from(png, 'base64'), pixels: Buffer.from(pixels) };
};

const bitmapHeaderBytes = 40;

/** A device-independent bitmap as an ICO holds it: BGRA from the bottom, then a mask that nobody looks at. */
const bitmapOf = ({ size, pixels }: Drawn): Buffer => {
  const maskRowBytes = Math.ceil(size / 32) * 4;
  const bitmap = Buffer.alloc(bitmapHeaderBytes + size * size * 4 + maskRowBytes * size);
  bitmap.writeUInt32LE(bitmapHeaderBytes, 0);
  bitmap.writeInt32LE(size, 4);
  bitmap.writeInt32LE(size * 2, 8);
  bitmap.writeUInt16LE(1, 12);
  bitmap.writeUInt16LE(32, 14);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const from = ((size - 1 - y) * size + x) * 4;
      const to = bitmapHeaderBytes + (y * size + x) * 4;
      const [red, green, blue, alpha] = pixels.subarray(from, from + 4);
      bitmap.set([blue!, green!, red!, alpha!], to);
    }
  return bitmap;
};

/** The container: a directory of entries, then the pictures. */
const icoOf = (drawn: readonly Drawn[]): Buffer => {
  const pictures = drawn.map((each) => (each.size >= pngFromSize ? each.png : bitmapOf(each)));
  const head = Buffer.alloc(6 + 16 * drawn.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(drawn.length, 4);
  let offset = head.length;
  for (const [index, { size }] of drawn.entries()) {
    const at = 6 + 16 * index;
    const { length } = pictures[index]!;
    head.set([size % 256, size % 256], at);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += length;
  }
  return Buffer.concat([head, ...pictures]);
};

const executablePath = findBrowser();
if (executablePath === undefined) throw new Error('There is no browser to draw with.');
const browser = await chromium.launch({
  executablePath,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const page = await browser.newPage();
  const drawAll = async (file: string, sizes: readonly number[]): Promise<readonly Drawn[]> => {
    const svg = readFileSync(join(resources, file), 'utf8');
    const drawn: Drawn[] = [];
    for (const size of sizes) drawn.push(await draw(page, svg, size));
    return drawn;
  };
  writeFileSync(join(resources, 'icon.ico'), icoOf(await drawAll('icon.svg', windowsSizes)));
  mkdirSync(join(resources, 'icons'), { recursive: true });
  for (const { size, png } of await drawAll('icon.svg', linuxSizes))
    writeFileSync(join(resources, 'icons', `${size}x${size}.png`), png);
  for (const health of ['normal', 'warning', 'critical']) {
    const drawn = await drawAll(`tray/${health}.svg`, traySizes);
    writeFileSync(join(resources, 'tray', `${health}.ico`), icoOf(drawn));
    for (const { size, png } of drawn) {
      const scale = { 16: '', 20: '@1.25x', 24: '@1.5x', 32: '@2x' }[size] ?? '';
      writeFileSync(join(resources, 'tray', `${health}${scale}.png`), png);
    }
  }
} finally {
  await browser.close();
}
