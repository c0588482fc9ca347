import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import type { Candidate, Committee, Genesis, Member } from "../../protocol/index.ts";
import { Epoch } from "../../protocol/index.ts";
import { type Neighbour, Neighbours, type NeighboursPorts } from "../../sequencer/neighbours.ts";
import { silentLogger } from "./silent-logger.ts";

const keyOf = (name: number): Uint8Array => new Uint8Array(32).fill(name);
const addressOf = (name: number): string => `/ip4/10.0.0.${name}/tcp/9000`;

function memberOf(name: number): Member & Candidate {
  const [publicKey, verificationKey] = [new Uint8Array(48).fill(name), new Uint8Array(96)];
  return { publicKey, verificationKey, networkKey: keyOf(name) };
}

function committeeOf(epoch: number, ...names: readonly number[]): Committee {
  return { epoch: Epoch(epoch), members: names.map(memberOf), sealing: undefined };
}

/** Node 1 of genesis 1, 2, 3, where 9 is an observer. L1 knows where everybody is. */
function neighbours(ports: Partial<NeighboursPorts> = {}): Neighbours {
  return new Neighbours({
    genesis: { committee: committeeOf(0, 1, 2, 3) } as Genesis,
    network: { listen: "", peers: [1, 2, 3].map(addressOf), observers: [toHex(keyOf(9))] },
    identity: keyOf(1),
    logger: silentLogger,
    addressesOf: (members) =>
      Promise.resolve(
        new Map(
          members.flatMap(({ publicKey: [name = 0] }) => [[toHex(keyOf(name)), addressOf(name)]]),
        ),
      ),
    onMet: () => undefined,
    onFailure: () => undefined,
    ...ports,
  });
}

function addressesBy(found: readonly Neighbour[]): Record<number, readonly string[]> {
  return Object.fromEntries(found.map(({ networkKey, addresses }) => [networkKey[0], addresses]));
}

test("the members of genesis are reached as configured, observers come by themselves, and nobody meets itself", async () => {
  expect(addressesBy(await neighbours().all())).toEqual({
    2: [addressOf(2)],
    3: [addressOf(3)],
    9: [],
  });
});

test("who is named for the next committee listens, and L1 says where it is", async () => {
  const mine = neighbours();
  mine.onCandidates([memberOf(2), memberOf(5)]);
  mine.close();
  expect(addressesBy(await mine.all())).toMatchObject({ 5: [addressOf(5)] });
});

test("in a later epoch those who sat before are still heard, behind the seats, and others are not", async () => {
  const mine = neighbours();
  mine.enter(committeeOf(7, 4, 1), committeeOf(6, 1, 6).members);
  expect(mine.index).toBe(1);
  expect(Object.keys(addressesBy(await mine.all())).map(Number)).toEqual([2, 3, 4, 6, 9]);
  const former = (await mine.all()).find(({ networkKey }) => networkKey[0] === 6)?.index ?? -1;
  expect(mine.placeOf(former)).toBeGreaterThanOrEqual(2);
  mine.enter(committeeOf(8, 4, 5), committeeOf(7, 4, 1).members);
  expect(mine.index).toBeGreaterThanOrEqual(2);
  expect(mine.placeOf(former)).toBeUndefined();
});

test("what an operator wrote on L1 is dialled only if it is an address", async () => {
  const mine = neighbours({
    addressesOf: () => Promise.resolve(new Map([[toHex(keyOf(5)), "/ip4/10.0.0.5/tcp/1/ws/../x"]])),
  });
  mine.enter(committeeOf(1, 1, 5), []);
  expect(addressesBy(await mine.all())).toMatchObject({ 5: [] });
});

test("while L1 does not answer, those it would be asked for have to come by themselves", async () => {
  const mine = neighbours({ addressesOf: () => Promise.reject(new Error("no answer")) });
  mine.enter(committeeOf(1, 1, 2, 5), []);
  const found = addressesBy(await mine.all());
  mine.close();
  expect(found).toMatchObject({ 2: [addressOf(2)], 5: [] });
});
