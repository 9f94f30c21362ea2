import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAheadDamage } from '../../../src/main/store/write-ahead-damage.ts';

const pageBytes = 4096;
const frameBytes = 24 + pageBytes;
const headerBytes = 32;

let folder: string;
let source: Database.Database;
let path: string;
let log: Buffer;

/** What a killed process leaves after twelve transactions; before them the log was begun anew, over older frames. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hvrc-test-'));
  const live = join(folder, 'live.db');
  source = new Database(live);
  source.pragma('journal_mode = WAL');
  source.exec('CREATE TABLE story (id INTEGER PRIMARY KEY, text TEXT)');
  const add = source.prepare('INSERT INTO story (text) VALUES (?)');
  for (let round = 0; round < 60; round += 1) add.run('x'.repeat(3000));
  source.pragma('wal_checkpoint(RESTART)');
  for (let round = 0; round < 12; round += 1) add.run(`${round}`.repeat(2000));
  path = join(folder, 'left.db');
  copyFileSync(live, path);
  log = readFileSync(`${live}-wal`);
});
afterAll(() => {
  source.close();
  rmSync(folder, { recursive: true, force: true });
});

const left = (change: (bytes: Buffer) => void = () => undefined): void => {
  const bytes = Buffer.from(log);
  change(bytes);
  writeFileSync(`${path}-wal`, bytes);
};

/** Frames of the transactions that SQLite would take. */
const liveFrames = (): number => {
  const salts = log.subarray(16, 24);
  let count = 0;
  for (let at = headerBytes; at < log.length; at += frameBytes)
    if (log.subarray(at + 8, at + 16).equals(salts)) count += 1;
  return count;
};

describe('the log beside a database', () => {
  it('is sound when there is none, when it is empty, and as a crash leaves it, over older frames', () => {
    rmSync(`${path}-wal`, { force: true });
    expect(writeAheadDamage(path)).toBeNull();
    writeFileSync(`${path}-wal`, '');
    expect(writeAheadDamage(path)).toBeNull();
    left();
    expect(liveFrames()).toBeGreaterThan(12);
    expect(liveFrames()).toBeLessThan((log.length - headerBytes) / frameBytes);
    expect(writeAheadDamage(path)).toBeNull();
  });

  it('is sound wherever it breaks off', () => {
    for (let bytes = log.length; bytes >= 0; bytes -= 777) {
      left();
      truncateSync(`${path}-wal`, bytes);
      expect(writeAheadDamage(path), `${bytes} bytes`).toBeNull();
    }
  });

  it('is sound when only its last transaction is torn', () => {
    const lastFrame = headerBytes + (liveFrames() - 1) * frameBytes;
    left((bytes) => bytes.fill(0xee, lastFrame + 100, lastFrame + 200));
    expect(writeAheadDamage(path)).toBeNull();
  });

  it('is damaged when a bit is another anywhere before that, and SQLite would not say so', () => {
    const end = headerBytes + (liveFrames() - 4) * frameBytes;
    for (let at = 40; at < end; at += 1_361) {
      left((bytes) => bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at));
      expect(writeAheadDamage(path), `byte ${at}`).toMatch(/-wal is damaged at offset \d+, before/);
    }
    const database = new Database(path, { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.prepare('SELECT count(*) FROM story').pluck().get()).toBeLessThan(72);
    database.close();
    rmSync(`${path}-shm`, { force: true });
  });

  it('is damaged when its header is, or when it is something else', () => {
    left((bytes) => bytes.fill(0x20, 0, 16));
    expect(writeAheadDamage(path)).toContain('the header');
    left((bytes) => bytes.fill(0x20, 24, 32));
    expect(writeAheadDamage(path)).toContain('damaged at offset 0');
    writeFileSync(`${path}-wal`, 'a text file '.repeat(2_000));
    expect(writeAheadDamage(path)).toContain('the header');
  });
});
