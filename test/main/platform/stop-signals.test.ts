import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { onStopSignal } from '../../../src/main/platform/stop-signals.ts';

class Signals extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

let signals: Signals;
let now: number;
let heard: number;

beforeEach(() => {
  signals = new Signals();
  now = 5000;
  heard = 0;
});

const listen = () =>
  onStopSignal(
    () => heard++,
    signals,
    () => now,
  );

describe('signals that ask the process to end', () => {
  it('take a Ctrl-C that npm passes on a second time for one', () => {
    listen();
    signals.emit('SIGINT');
    now += 300;
    signals.emit('SIGINT');
    expect([heard, signals.exits]).toEqual([1, []]);
  });

  it('end the process at once when somebody asks again later', () => {
    listen();
    signals.emit('SIGINT');
    now += 1500;
    signals.emit('SIGINT');
    expect([heard, signals.exits]).toEqual([1, [130]]);
  });

  it('are given back', () => {
    listen()();
    signals.emit('SIGINT');
    expect(heard).toBe(0);
    expect(signals.eventNames()).toEqual([]);
  });
});
