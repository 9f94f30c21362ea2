import { describe, expect, it } from 'vitest';
import { absolutePath } from '../../src/contract/absolute-path.ts';
import { maxPathLength } from '../../src/contract/path-problem.ts';
import { isRequestName, type RequestName, requests } from '../../src/contract/requests.ts';

/** Every field of a request that takes a path, with what else the request wants. */
const pathArguments: Readonly<Record<string, (path: string) => unknown>> = {
  'host.use path': (path) => ({ path }),
  'host.sample path': (path) => ({ path }),
  'vault.add target': (target) => ({ name: 'nas', target }),
  'vault.open target': (target) => ({ name: 'nas', target }),
  'restore toDirectory': (toDirectory) => ({ vm: 'WEB01', toDirectory }),
  'fs.list path': (path) => ({ path }),
};

const usual = ['/srv/vms', 'C:\\VMs', 'd:/VMs', '\\\\nas\\share\\vms', '/srv/aux/con', '/a..b/..c'];

const tricks: readonly (readonly [string, string])[] = [
  ['a NUL', '/srv/vms\0.txt'],
  ['a relative path', 'vms/a'],
  ['a path from the working directory', './vms'],
  ['a path of a drive’s working directory', 'C:VMs'],
  ['a path of the current drive', '\\VMs'],
  ['a way up', '/srv/vms/../../etc'],
  ['a way up on Windows', 'C:\\VMs\\..\\Windows'],
  ['a way up in a share', '\\\\nas\\share\\..\\other'],
  ['a raw disk', '\\\\.\\PhysicalDrive0'],
  ['a raw disk with slashes', '//./PhysicalDrive0'],
  ['a path past Windows’ rules', '\\\\?\\C:\\VMs'],
  ['a device', 'C:\\VMs\\NUL'],
  ['a device with an ending', 'C:\\VMs\\com1.vhdx'],
  ['a device in the middle', 'D:/aux/vms'],
  ['32,000 characters and one', `/${'a'.repeat(maxPathLength)}`],
  ['a page', '<script>alert(1)</script>'],
  ['an address', 'file:///etc/passwd'],
  ['nothing', ''],
];

/** Whether `absolutePath` is anywhere in a schema. */
const takesPath = (schema: unknown, seen = new Set<unknown>()): boolean => {
  if (schema === absolutePath) return true;
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return false;
  seen.add(schema);
  const { def } = schema as { readonly def?: object };
  const inner: readonly unknown[] = Array.isArray(schema) ? schema : Object.values(def ?? schema);
  return inner.some((each) => takesPath(each, seen));
};

const accepts = (argument: string, path: string): boolean => {
  const name = argument.split(' ')[0]!;
  if (!isRequestName(name)) throw new Error(`There is no request ${name}.`);
  return requests[name].params.safeParse(pathArguments[argument]!(path)).success;
};

describe('the paths of requests', () => {
  it('are all in this test', () => {
    const taking = (Object.keys(requests) as RequestName[]).filter((name) =>
      takesPath(requests[name].params),
    );
    const listed = Object.keys(pathArguments).map((argument) => argument.split(' ')[0]);
    expect(taking.toSorted()).toEqual([...new Set(listed)].sort());
  });

  describe.each(Object.keys(pathArguments))('%s', (argument) => {
    it.each(usual)('may be %s', (path) => expect(accepts(argument, path)).toBe(true));
    it.each(tricks)('may not be %s', (_what, path) => expect(accepts(argument, path)).toBe(false));
  });
});
