import { safeStorage } from 'electron';
import type { SecretSealer } from '../platform/secret-store.ts';

/**
 * The system's key store (DPAPI on Windows, the keychain on macOS, libsecret or KWallet on Linux); null where there is none:
 * Electron would then only scramble with a key that everybody knows. To be asked when the app is ready.
 */
export const systemSealer = (): SecretSealer | null => {
  if (!safeStorage.isEncryptionAvailable()) return null;
  if (process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text') return null;
  return {
    seal: (secret) => safeStorage.encryptString(secret),
    open: (sealed) => safeStorage.decryptString(sealed),
  };
};
