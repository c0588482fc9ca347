import { expect, test } from "vitest";
import { assert, toHex, utf8 } from "../../base/index.ts";
import {
  combineShares,
  decryptionShares,
  ephemeralPoint,
  nobleBls,
  nobleNetworkSignatures,
  seal,
  toSealingKey,
  unseal,
} from "../../crypto/index.ts";
import { type Genesis, genesisHash, quorum, sealingOf } from "../../protocol/index.ts";
import { blstBls, createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import {
  checkGenesis,
  dealCommittee,
  defaultParameters,
  drawCommittee,
  drawSecret,
  makeGenesis,
} from "../../sequencer/genesis.ts";

const group = await createMclSealingGroup();
const ports = { bls: blstBls, group };
const entropy = new Uint8Array(32).fill(7);
const dealt = dealCommittee(group, { validators: 4, entropy });
const facts = {
  chainId: 31_337,
  contracts: { hub: new Uint8Array(20).fill(1), rollups: new Uint8Array(20).fill(2) },
  l1Start: 5,
  committee: dealt.committee,
};

test("every secret belongs to its member's public key", () => {
  for (const [index, member] of dealt.committee.members.entries()) {
    const { validator, network, keyShare } = dealt.secrets[index] ?? expect.fail("no secrets");
    expect(nobleBls.publicKey(validator)).toEqual(member.publicKey);
    expect(nobleNetworkSignatures.publicKey(network)).toEqual(member.networkKey);
    expect(group.multiplyG2(keyShare)).toEqual(member.verificationKey);
  }
});

test("a quorum of key shares opens what is sealed to the key, and one share less does not", () => {
  const key = toSealingKey(group, { chainId: 1, ...sealingOf(dealt.committee) });
  assert(key !== undefined, "the sealing key is one key");
  const [message, aad] = [utf8("buy 3"), utf8("envelope")];
  const sealed = seal(group, key, { message, aad, seed: entropy });
  const openWith = (count: number): Uint8Array | undefined => {
    const shares = dealt.secrets.slice(0, count).map(({ keyShare }) => keyShare);
    const rows = shares.map((share) => decryptionShares(group, share, [ephemeralPoint(sealed)]));
    const [opening] = combineShares(group, { seats: shares.map((_, i) => i + 1), rows }) ?? [];
    return opening && unseal(key, sealed, aad, opening);
  };
  expect(openWith(quorum(4))).toEqual(message);
  expect(openWith(quorum(4) - 1)).toBeUndefined();
});

test("the same entropy deals the same committee, another one shares no secret with it", () => {
  expect(dealCommittee(group, { validators: 4, entropy })).toEqual(dealt);
  const other = dealCommittee(group, { validators: 4, entropy: new Uint8Array(32).fill(8) });
  const secretsOf = ({ secrets }: typeof dealt): string[] =>
    secrets.flatMap((each) => [each.validator, each.network, each.keyShare].map(toHex));
  expect(new Set([...secretsOf(dealt), ...secretsOf(other)]).size).toBe(24);
});

test.each([0, 129, 1.5])("a committee of %s is refused", (validators) => {
  expect(() => dealCommittee(group, { validators, entropy })).toThrow("1 to 128 validators");
});

test("too little entropy is refused", () => {
  const short = { validators: 1, entropy: new Uint8Array(31) };
  expect(() => dealCommittee(group, short)).toThrow("32 bytes");
});

test("genesis has the default parameters but for those that are given", () => {
  const genesis = makeGenesis(ports, { ...facts, parameters: { feePerByte: 9 } });
  expect(genesis.parameters).toEqual({ ...defaultParameters, feePerByte: 9 });
});

test("another Hub is another network", () => {
  const genesis = makeGenesis(ports, facts);
  const contracts = { ...facts.contracts, hub: new Uint8Array(20).fill(3) };
  expect(genesisHash(makeGenesis(ports, { ...facts, contracts }))).not.toEqual(
    genesisHash(genesis),
  );
});

test.each<[string, (genesis: Genesis) => Genesis]>([
  ["committee.members[1].publicKey", withMember({ publicKey: new Uint8Array(48) })],
  ["committee.members[1].networkKey", withMember({ networkKey: new Uint8Array(32) })],
  ["committee.members[1].verificationKey", withMember({ verificationKey: new Uint8Array(96) })],
  [
    "committee.sealing",
    (genesis) => {
      const { committee } = genesis;
      const [member] = committee.members;
      const pk1 = member?.publicKey ?? new Uint8Array();
      return { ...genesis, committee: { ...committee, sealing: { ...sealingOf(committee), pk1 } } };
    },
  ],
  ["laneFlush", withParameters({ laneFlush: 300_000 })],
  ["laneHeartbeat", withParameters({ laneHeartbeat: 2_000_000 })],
  ["checkpointHeights", withParameters({ checkpointHeights: 0 })],
])("a genesis with a wrong %s is refused by that name", (name, spoil) => {
  const genesis = makeGenesis(ports, facts);
  expect(() => checkGenesis(ports, genesis)).not.toThrow();
  expect(() => checkGenesis(ports, spoil(genesis))).toThrow(name);
});

test("a committee that is to make its own key has none, and nothing to verify shares by", () => {
  const { committee } = drawCommittee({ validators: 4, entropy });
  const parameters = { dkgWindow: 8 };
  const genesis = makeGenesis(ports, { ...facts, committee, parameters });
  expect(genesis.committee.sealing).toBeUndefined();
  const [member] = dealt.committee.members;
  assert(member !== undefined, "there are members");
  const members = committee.members.with(0, member);
  const withKeys = { ...genesis, committee: { ...committee, members } };
  expect(() => checkGenesis(ports, withKeys)).toThrow("verificationKey");
});

test("a committee without a key needs windows to make it in, long enough to be heard", () => {
  const { committee } = drawCommittee({ validators: 4, entropy });
  const never = { dkgWindow: 0 };
  expect(() => makeGenesis(ports, { ...facts, committee, parameters: never })).toThrow("dkgWindow");
  const hasty = { dkgWindow: 7 };
  expect(() => makeGenesis(ports, { ...facts, parameters: hasty })).toThrow("at least 8");
});

test("a key is replaced under an overlap, no longer than a transaction may wait", () => {
  for (const keyOverlap of [0, 20_001])
    expect(() => makeGenesis(ports, { ...facts, parameters: { keyOverlap } })).toThrow(
      "keyOverlap",
    );
  // Where none is replaced, it means nothing.
  const never = { keyEpochs: 0, keyOverlap: 0 };
  expect(makeGenesis(ports, { ...facts, parameters: never }).parameters.keyEpochs).toBe(0);
});

test("a drawn key is a key", () => {
  let drawn = 0;
  const random = { bytes: (count: number) => new Uint8Array(count).fill(++drawn) };
  expect(nobleBls.isValidPublicKey(nobleBls.publicKey(drawSecret("validator", random)))).toBe(true);
  expect(drawSecret("network", random)).toHaveLength(32);
});

function withMember(change: object): (genesis: Genesis) => Genesis {
  return (genesis) => {
    const members = genesis.committee.members.map((member, index) =>
      index === 1 ? { ...member, ...change } : member,
    );
    return { ...genesis, committee: { ...genesis.committee, members } };
  };
}

function withParameters(change: Partial<Genesis["parameters"]>): (genesis: Genesis) => Genesis {
  return (genesis) => ({ ...genesis, parameters: { ...genesis.parameters, ...change } });
}
