import { RestError } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../src/contract/error-catalogue.ts';
import { azureError } from '../../../../src/main/vault/azure/azure-errors.ts';
import { openAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';

const answered = (statusCode: number, code: string, message = 'No.'): RestError =>
  new RestError(message, { statusCode, code });
const unanswered = (code: string): RestError => new RestError(`connect ${code}`, { code });

describe('a failed request', () => {
  it.each<[string, Error, ErrorCode, 'recoverable' | 'nonRecoverable']>([
    ['a name that does not resolve', unanswered('ENOTFOUND'), 'VAULT_UNREACHABLE', 'recoverable'],
    ['a refused connection', unanswered('ECONNREFUSED'), 'VAULT_UNREACHABLE', 'recoverable'],
    ['a reset', unanswered('ECONNRESET'), 'VAULT_UNREACHABLE', 'recoverable'],
    ['a timeout', unanswered('ETIMEDOUT'), 'VAULT_UNREACHABLE', 'recoverable'],
    [
      'an answer that ends too early',
      new Error('Data corruption failure: received less data than required'),
      'VAULT_UNREACHABLE',
      'recoverable',
    ],
    [
      'an answer of somebody else',
      new Error("File download response doesn't contain valid etag header"),
      'VAULT_UNREACHABLE',
      'recoverable',
    ],
    ['a certificate', unanswered('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'VAULT_UNTRUSTED', 'recoverable'],
    ['no sign-in', answered(401, 'InvalidAuthenticationInfo'), 'VAULT_ACCESS_DENIED', 'nonRecoverable'],
    ['a wrong key', answered(403, 'AuthenticationFailed'), 'VAULT_ACCESS_DENIED', 'nonRecoverable'],
    [
      'a missing right',
      answered(403, 'AuthorizationPermissionMismatch'),
      'VAULT_ACCESS_DENIED',
      'nonRecoverable',
    ],
    ['no container', answered(404, 'ContainerNotFound'), 'VAULT_NOT_FOUND', 'nonRecoverable'],
    ['no account', answered(404, 'ResourceNotFound'), 'VAULT_NOT_FOUND', 'nonRecoverable'],
    ['no blob', answered(404, 'BlobNotFound'), 'REPLICA_MISSING', 'nonRecoverable'],
    ['a lease of somebody else', answered(409, 'LeaseAlreadyPresent'), 'VAULT_IN_USE', 'nonRecoverable'],
    ['a lost lease', answered(412, 'LeaseIdMismatchWithBlobOperation'), 'VAULT_IN_USE', 'nonRecoverable'],
    ['a change in between', answered(412, 'ConditionNotMet'), 'VAULT_WRITE_FAILED', 'recoverable'],
    ['a shorter blob', answered(416, 'InvalidPageRange'), 'REPLICA_INVALID', 'nonRecoverable'],
    ['a broken checksum', answered(400, 'Md5Mismatch'), 'VAULT_WRITE_FAILED', 'recoverable'],
    ['throttling', answered(503, 'ServerBusy'), 'VAULT_UNREACHABLE', 'recoverable'],
    ['a full account', answered(403, 'AccountOverCapacity'), 'VAULT_FULL', 'recoverable'],
    ['too many snapshots', answered(409, 'SnapshotCountExceeded'), 'VAULT_FULL', 'recoverable'],
    [
      'snapshots in quick succession',
      answered(409, 'SnapshotOperationRateExceeded'),
      'VAULT_UNREACHABLE',
      'recoverable',
    ],
    ['an account in the making', answered(409, 'AccountBeingCreated'), 'VAULT_UNREACHABLE', 'recoverable'],
    ['a disabled account', answered(403, 'AccountIsDisabled'), 'VAULT_ACCESS_DENIED', 'nonRecoverable'],
    ['a disabled container', answered(409, 'ContainerDisabled'), 'VAULT_ACCESS_DENIED', 'nonRecoverable'],
    ['a legal hold', answered(409, 'BlobImmutableDueToLegalHold'), 'VAULT_ACCESS_DENIED', 'nonRecoverable'],
    [
      'an old header of sign-in',
      answered(400, 'InvalidAuthenticationInfo'),
      'VAULT_ACCESS_DENIED',
      'nonRecoverable',
    ],
    ['a firewall', answered(403, 'AuthorizationFailure'), 'VAULT_ACCESS_DENIED', 'nonRecoverable'],
  ])('at %s is classified', (_case, thrown, code, errorClass) => {
    const error = azureError(thrown, 'https://shop.blob.core.windows.net/replicas/a.vhd');
    expect(error).toMatchObject({ code, class: errorClass });
    expect(error.message).toMatch(/^[A-Z].*a\.vhd\.$/);
  });

  it('by an expired signature says so', () => {
    const thrown = answered(
      403,
      'AuthenticationFailed',
      'Signature not valid in the specified time frame: Expiry …',
    );
    expect(azureError(thrown, 'x').message).toMatch(/expired/);
  });

  it('leaves its secrets behind', () => {
    const thrown = answered(
      403,
      'AuthenticationFailed',
      'GET https://shop.example/replicas?sig=SECRET failed',
    );
    expect(JSON.stringify(azureError(thrown, 'x').toReport())).not.toContain('SECRET');
  });

  it('at an address where nothing answers comes from the real client likewise', async () => {
    const access = {
      endpoint: 'http://127.0.0.1:9/devstoreaccount1',
      credential: { kind: 'accountKey', account: 'devstoreaccount1', key: 'a2V5' },
    } as const;
    await expect(openAzureVault('replicas', access)).rejects.toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringMatching(/Nothing answers/),
    });
  });
});
