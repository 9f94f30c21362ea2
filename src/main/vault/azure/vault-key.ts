import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { ReplicationError } from '../../../contract/errors.ts';

/** The vault's random key, from which each replica's keys are made. A secret. */
export type VaultKey = Uint8Array;

const keyBytes = 32;
const saltBytes = 16;
const ivBytes = 12;
const tagBytes = 16;
/** 64 MiB and a quarter of a second for each guess. */
const work = { N: 2 ** 16, r: 8, p: 1 } as const;
/** More than a vault asks of this machine is not believed. */
const mostMemoryBytes = 512 * 1024 * 1024;
export const shortestPassphrase = 8;

const base64 = (bytes: number) =>
  z.base64().refine((text) => Buffer.from(text, 'base64').length === bytes, `is not ${bytes} bytes long`);

/** `vault.json` → `encryption`: the key as only the passphrase opens it. */
export const encryptionSchema = z.object({
  cipher: z.literal('aes-256-xts'),
  kdf: z.object({
    name: z.literal('scrypt'),
    N: z.int().min(2 ** 14),
    r: z.int().min(1),
    p: z.int().min(1).max(16),
    salt: base64(saltBytes),
  }),
  /** AES-256-GCM; the vault's id is authenticated with it. */
  wrappedKey: z.object({ iv: base64(ivBytes), bytes: base64(keyBytes), tag: base64(tagBytes) }),
});
export type EncryptionRecord = z.infer<typeof encryptionSchema>;

/** @throws INPUT_INVALID when the passphrase is too short */
export const newVaultKey = (
  passphrase: string,
  vaultId: string,
): { readonly key: VaultKey; readonly encryption: EncryptionRecord } => {
  if (passphrase.length < shortestPassphrase) {
    const text = `The passphrase has ${passphrase.length} characters; it needs ${shortestPassphrase} or more.`;
    throw new ReplicationError('INPUT_INVALID', text);
  }
  const key = randomBytes(keyBytes);
  const salt = randomBytes(saltBytes);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(passphrase, { ...work, salt }), iv);
  cipher.setAAD(Buffer.from(vaultId));
  const bytes = Buffer.concat([cipher.update(key), cipher.final()]);
  const text = (value: Buffer) => value.toString('base64');
  return {
    key,
    encryption: {
      cipher: 'aes-256-xts',
      kdf: { name: 'scrypt', ...work, salt: text(salt) },
      wrappedKey: { iv: text(iv), bytes: text(bytes), tag: text(cipher.getAuthTag()) },
    },
  };
};

/** @throws VAULT_PASSPHRASE_WRONG, VAULT_CORRUPT */
export const openVaultKey = (
  { kdf, wrappedKey }: EncryptionRecord,
  passphrase: string,
  vaultId: string,
  file: string,
): VaultKey => {
  if (128 * kdf.N * kdf.r > mostMemoryBytes) {
    throw new ReplicationError('VAULT_CORRUPT', `${file} asks for ${128 * kdf.N * kdf.r} bytes of memory.`, {
      file,
    });
  }
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const wrapping = wrappingKey(passphrase, { ...kdf, salt: bytes(kdf.salt) });
  const decipher = createDecipheriv('aes-256-gcm', wrapping, bytes(wrappedKey.iv));
  decipher.setAAD(Buffer.from(vaultId)).setAuthTag(bytes(wrappedKey.tag));
  try {
    return Buffer.concat([decipher.update(bytes(wrappedKey.bytes)), decipher.final()]);
  } catch {
    const text = `The passphrase does not open the vault ${file}; nothing was changed.`;
    throw new ReplicationError('VAULT_PASSPHRASE_WRONG', text, { file });
  }
};

/** The same characters typed on another system give the same key. */
const wrappingKey = (
  passphrase: string,
  { N, r, p, salt }: { readonly N: number; readonly r: number; readonly p: number; readonly salt: Buffer },
): Buffer =>
  scryptSync(passphrase.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 2 * mostMemoryBytes });
