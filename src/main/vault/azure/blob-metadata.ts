/** What a disk's page blob says of itself, for people and tools; the catalogue is what counts here. */
export interface BlobIdentity {
  readonly diskId: string;
  readonly sizeBytes: number;
  readonly lineage: string;
  readonly cut: number;
  readonly isEncrypted: boolean;
}

const common = ({ diskId, sizeBytes, lineage, isEncrypted }: Omit<BlobIdentity, 'cut'>) => ({
  hvrc_disk: encodeURIComponent(diskId),
  hvrc_size: String(sizeBytes),
  /** Encrypted, with its footer: no tool takes it for a disk. */
  hvrc_format: isEncrypted ? 'fixed-vhd-in-aes-256-xts' : 'fixed-vhd',
  hvrc_lineage: encodeURIComponent(lineage),
});

/** No replica yet: it has no footer either. */
export const initialMetadata = (identity: Omit<BlobIdentity, 'cut'>): Record<string, string> => ({
  ...common(identity),
  hvrc_phase: 'initial',
});

/** Between two cuts: `cut` is the one that the blob is on its way to. Its newest snapshot is whole. */
export const changingMetadata = (identity: BlobIdentity): Record<string, string> => ({
  ...common(identity),
  hvrc_phase: 'changing',
  hvrc_delta: String(identity.cut),
});

/** Whole, as of `cut`. */
export const finishedMetadata = (identity: BlobIdentity): Record<string, string> => ({
  ...common(identity),
  hvrc_phase: 'complete',
  hvrc_cut: String(identity.cut),
});
