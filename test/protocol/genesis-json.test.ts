import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import {
  Epoch,
  fromGenesisJson,
  type Genesis,
  genesisHash,
  limits,
  toGenesisJson,
} from "../../protocol/index.ts";

const natural = fc.maxSafeNat();
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const anyGenesis: fc.Arbitrary<Genesis> = fc.record({
  chainId: natural,
  contracts: fc.record({ hub: bytes(20), rollups: bytes(20) }),
  l1Start: natural,
  committee: fc.record({
    epoch: natural.map(Epoch),
    members: fc.uniqueArray(
      fc.record({ publicKey: bytes(48), networkKey: bytes(32), verificationKey: bytes(96) }),
      {
        minLength: 1,
        maxLength: 5,
        comparator: (a, b) =>
          a.publicKey.join() === b.publicKey.join() || a.networkKey.join() === b.networkKey.join(),
      },
    ),
    sealing: fc.option(
      fc.record({
        keyId: fc.integer({ min: 0, max: 0xffff_ffff }),
        pk1: bytes(48),
        pk2: bytes(96),
      }),
      { nil: undefined },
    ),
  }),
  parameters: fc.record({
    viewTimeout: natural,
    idleTime: natural,
    laneFlush: natural,
    laneHeartbeat: natural,
    checkpointHeights: natural,
    checkpointTime: natural,
    feePerByte: natural,
    epochTime: natural,
    dkgWindow: natural,
    keyEpochs: natural,
    keyOverlap: natural,
    voidAfter: natural,
  }),
});

const [example] = fc.sample(anyGenesis, { numRuns: 1, seed: 1 }) as [Genesis];

test("a genesis file read back is the same genesis", () => {
  fc.assert(
    fc.property(anyGenesis, (genesis) => {
      const text = JSON.stringify(toGenesisJson(genesis));
      const read = fromGenesisJson(JSON.parse(text));
      expect(read).toEqual(genesis);
      expect(genesisHash(read)).toEqual(genesisHash(genesis));
    }),
    { numRuns: 30 },
  );
});

test("every field of the file changes the hash", () => {
  const original = genesisHash(example);
  for (const path of leavesOf(toGenesisJson(example))) {
    const changed = genesisHash(fromGenesisJson(withLeaf(path, anotherValue)));
    expect(changed, path.join(".")).not.toEqual(original);
  }
});

test("a file that lacks a field, or has one too many, is refused by the field's name", () => {
  for (const path of leavesOf(toGenesisJson(example))) {
    expect(codeOf(withLeaf(path, () => undefined))).toBe("BAD_GENESIS");
    expect(codeOf(withLeaf(path, (value) => ({ value })))).toBe("BAD_GENESIS");
  }
  expect(codeOf({ ...toGenesisJson(example), note: "hello" })).toBe("BAD_GENESIS");
});

test("numbers out of range and hex in another spelling are refused", () => {
  const path = (text: string): string[] => text.split(".");
  for (const value of [-1, 0.5, 2 ** 53, "1", null, Number.NaN])
    expect(codeOf(withLeaf(path("chainId"), () => value))).toBe("BAD_GENESIS");
  expect(codeOf(withLeaf(path("committee.sealing.keyId"), () => 2 ** 32))).toBe("BAD_GENESIS");
  for (const spell of [upperCase, withoutPrefix, oneByteLess, oneByteMore])
    expect(codeOf(withLeaf(path("contracts.hub"), spell))).toBe("BAD_GENESIS");
});

test("a committee is neither empty, nor too large, nor has two seats with one key", () => {
  const { members } = example.committee;
  const [member] = members;
  if (member === undefined) throw new Error("the example has a member");
  const withMembers = (list: Genesis["committee"]["members"]): unknown =>
    toGenesisJson({ ...example, committee: { ...example.committee, members: list } });
  expect(codeOf(withMembers([]))).toBe("BAD_GENESIS");
  expect(codeOf(withMembers([member, member]))).toBe("BAD_GENESIS");
  const crowd = Array.from({ length: limits.committeeMax + 1 }, (_, i) => ({
    ...member,
    publicKey: new Uint8Array(48).fill(i),
    networkKey: new Uint8Array(32).fill(i),
  }));
  expect(codeOf(withMembers(crowd))).toBe("BAD_GENESIS");
  expect(codeOf(withMembers(crowd.slice(1)))).toBeUndefined();
});

test("whatever JSON holds, reading it ends in a genesis or in its code", () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => void codeOf(json)));
});

function codeOf(json: unknown): string | undefined {
  try {
    fromGenesisJson(JSON.parse(JSON.stringify(json)));
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

type Path = readonly string[];

function leavesOf(json: unknown, path: Path = []): Path[] {
  if (typeof json !== "object" || json === null) return [path];
  return Object.entries(json).flatMap(([name, value]) => leavesOf(value, [...path, name]));
}

/** The example with one leaf changed. */
function withLeaf(path: Path, change: (value: unknown) => unknown): unknown {
  const copy = structuredClone(toGenesisJson(example)) as Record<string, unknown>;
  let node = copy;
  for (const name of path.slice(0, -1)) node = node[name] as Record<string, unknown>;
  const last = path.at(-1) ?? "";
  node[last] = change(node[last]);
  return copy;
}

function anotherValue(value: unknown): unknown {
  if (typeof value === "number") return value === 0 ? 1 : value - 1;
  const hex = String(value);
  return hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
}

function upperCase(value: unknown): string {
  return `0x${"AB".repeat((String(value).length - 2) / 2)}`;
}

function withoutPrefix(value: unknown): string {
  return String(value).slice(2);
}

function oneByteLess(value: unknown): string {
  return String(value).slice(0, -2);
}

function oneByteMore(value: unknown): string {
  return `${String(value)}00`;
}
