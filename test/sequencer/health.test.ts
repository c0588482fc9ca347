import { expect, test } from "vitest";
import { Epoch, Height, limits, Micros, ValidatorIndex, View } from "../../protocol/index.ts";
import type { Progress } from "../../sequencer/core-events.ts";
import { gaugeKeys, type Health, healthOf, type Signs } from "../../sequencer/health.ts";
import { committee, seats } from "../consensus/support.ts";

const progress: Progress = {
  epoch: Epoch(0),
  view: View(9),
  final: Height(8),
  executed: Height(8),
  delivered: Height(7),
  unopenedSince: Micros(1),
  l1: 30,
  pooled: 0,
  syncing: undefined,
  epochsBehind: 0,
};

/** Validator 1 of four, connected to 0 and 2 and an observer, and as far as the others. */
function healthWith(signs: Partial<Signs> = {}): Health {
  return healthOf({
    current: progress,
    last: progress,
    committee,
    index: ValidatorIndex(1),
    connected: seats(0, 2, 5),
    isL1Up: true,
    oldest: Height(2),
    version: "1",
    ...signs,
  });
}

test("a validator that keeps up and sees a quorum is ready", () => {
  expect(healthWith()).toEqual({
    live: true,
    ready: true,
    checks: { synced: true, peers: true, l1: true },
    version: "1",
    validator: 1,
    epoch: 0,
    view: 9,
    final: 8,
    opened: 7,
    oldest: 2,
    peers: 2,
    l1Block: 30,
  });
});

test("L1 alone keeps no traffic away", () => {
  expect(healthWith({ isL1Up: false })).toMatchObject({ ready: true, checks: { l1: false } });
});

test("observers make no quorum, nor does a node without a seat count itself", () => {
  expect(healthWith({ connected: seats(0, 4, 5) })).toMatchObject({ live: true, ready: false });
  const index = ValidatorIndex(4);
  expect(healthWith({ index })).toMatchObject({ ready: false, validator: undefined });
  expect(healthWith({ index, connected: seats(0, 1, 2) })).toMatchObject({ ready: true });
});

test("a node that fetches a state, or is far behind with opening, is not ready", () => {
  const syncing = { ...progress, syncing: { height: Height(64), chunks: 1, of: 3 } };
  expect(healthWith({ current: syncing, last: syncing })).toMatchObject({ ready: false });
  const last = { ...progress, final: Height(progress.delivered + limits.unopenedMax + 1) };
  expect(healthWith({ current: last, last }).checks).toMatchObject({ synced: false });
});

test("between two cores a node lives and is not ready, and without one it is to be restarted", () => {
  expect(healthWith({ current: undefined })).toMatchObject({ live: true, ready: false, view: 9 });
  expect(healthWith({ current: undefined, last: undefined })).toMatchObject({
    live: false,
    ready: false,
    view: 0,
    final: 0,
  });
});

/** What is said of the keys at a height, in an epoch in which the first retires after the ninth. */
function keysAt(height: number, held: readonly number[] | undefined): Record<string, number> {
  const [pk1, pk2] = [new Uint8Array(48), new Uint8Array(96)];
  const gauges: Record<string, number> = {};
  const gauge = (name: string, value: number): void => void (gauges[name] = value);
  const metrics = { gauge, count: () => undefined, observe: () => undefined };
  const retiring = { keyId: 1, pk1, pk2, verificationKeys: [], until: Height(9) };
  const renewed = { ...committee, sealing: { keyId: 2, pk1, pk2 }, retiring };
  const hasShareOf = held && ((keyId: number): boolean => held.includes(keyId));
  gaugeKeys(metrics, renewed, { height: Height(height), hasShareOf });
  return gauges;
}

test("a share is missing of a key in use alone, and of whoever should have one", () => {
  const both = { sealing_key_id: 2, sealing_keys: 2 };
  expect(keysAt(9, [1, 2])).toEqual({ ...both, sealing_shares_missing: 0 });
  expect(keysAt(9, [2])).toEqual({ ...both, sealing_shares_missing: 1 });
  expect(keysAt(9, [])).toEqual({ ...both, sealing_shares_missing: 2 });
  expect(keysAt(9, undefined)).toEqual({ ...both, sealing_shares_missing: 0 });
  expect(keysAt(10, [2])).toEqual({ ...both, sealing_keys: 1, sealing_shares_missing: 0 });
});
