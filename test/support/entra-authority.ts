import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { localCertificate } from './local-certificate.ts';

export const tenantId = '11111111-1111-4111-8111-111111111111';
const objectId = '22222222-2222-4222-8222-222222222222';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as Entra ID gives it, but for its signature: the emulator looks at the rest. */
const token = (audience: string): string => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: now - 60,
    nbf: now - 60,
    exp: now + 3_600,
    oid: objectId,
    tid: tenantId,
    preferred_username: 'admin@example.com',
    ver: '2.0',
  };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.c2ln`;
};

/** What of Microsoft Entra ID a sign-in needs. */
export class EntraAuthority {
  readonly grants: string[] = [];
  refuses = false;
  /** How long a token is said to be good for. */
  lifetimeSeconds = 3_600;
  /** Nobody has typed the code yet. */
  pending = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(localCertificate, (request, answer) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const reply = this.#reply(request.url ?? '', new URLSearchParams(body));
        answer.writeHead('error' in reply ? 400 : 200, { 'content-type': 'application/json' });
        answer.end(JSON.stringify(reply));
      });
    });
  }

  static async start(): Promise<EntraAuthority> {
    const authority = new EntraAuthority();
    authority.#server.listen(0, 'localhost');
    await once(authority.#server, 'listening');
    return authority;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `https://localhost:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #reply(path: string, form: URLSearchParams): object {
    const tenant = path.split('/')[1];
    const base = `${this.url}/${tenant}`;
    if (path.includes('openid-configuration')) {
      return {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
        jwks_uri: `${base}/keys`,
      };
    }
    if (path.includes('devicecode')) {
      const message = 'Open https://example.com/device and type ABCD-1234.';
      const verification_uri = 'https://example.com/device';
      return {
        device_code: 'd',
        user_code: 'ABCD-1234',
        verification_uri,
        expires_in: 900,
        interval: 1,
        message,
      };
    }
    this.grants.push(form.get('grant_type') ?? '');
    if (this.pending) return { error: 'authorization_pending', error_description: 'AADSTS70016: Pending.' };
    if (this.refuses)
      return { error: 'invalid_grant', error_description: 'AADSTS70008: The grant has expired.' };
    return {
      token_type: 'Bearer',
      expires_in: this.lifetimeSeconds,
      ext_expires_in: this.lifetimeSeconds,
      scope: 'https://storage.azure.com/.default',
      access_token: token('https://storage.azure.com'),
      refresh_token: 'refresh',
      id_token: token('client'),
      client_info: encode({ uid: objectId, utid: tenantId }),
    };
  }
}
