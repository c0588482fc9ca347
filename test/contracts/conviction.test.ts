// What a node keeps as evidence is what the Hub takes: from true votes, through the vote collector and the call's encoding.
import { beforeEach, expect, test } from "vitest";
import type { Contract } from "ethers";
import type { VoteSignatures } from "../../consensus/index.ts";
import { digestIn, type VoteStatement } from "../../consensus/statement.ts";
import { VoteCollector } from "../../consensus/vote-collector.ts";
import { keccak256 } from "../../crypto/index.ts";
import { Attester } from "../../ledger/index.ts";
import { Opening } from "../../mempool/index.ts";
import {
  checkpointDigest,
  type Committee,
  decodeEvidence,
  encodeEvidence,
  Epoch,
  type Evidence,
  Height,
  Micros,
  signedDigest,
  type SignedPayload,
  toContradictionCall,
  ValidatorIndex,
  View,
  zeroHash,
} from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { convictCall } from "../../sequencer/settlement/calls.ts";
import { voteSignatures } from "../../sequencer/signatures.ts";
import {
  call,
  Chain,
  checkpointOf,
  defined,
  secretOf,
  stakeMin,
  TestCommittee,
} from "./support/chain.ts";

const offender = ValidatorIndex(1);
const secrets = [0, 1, 2, 3].map((index) => secretOf(11, index));
const committee: Committee = {
  epoch: Epoch(3),
  members: secrets.map((secret) => ({
    publicKey: blstBls.publicKey(secret),
    networkKey: keccak256(secret),
    verificationKey: new Uint8Array(96),
  })),
  sealing: { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
};
const blockA = keccak256(Uint8Array.of(1));
const blockB = keccak256(Uint8Array.of(2));
const view = View(77);

let chain: Chain;
let hub: Contract;
let stake: Contract;
let domain: Uint8Array;

beforeEach(async () => {
  chain ??= await Chain.open();
  hub = await chain.deployHub(TestCommittee.ofEqual(1, 1));
  stake = await chain.stakeOf(hub);
  domain = await chain.domainOf(hub);
  await chain.register(hub, defined(secrets[offender]));
}, 120_000);

test.each<[string, VoteStatement, VoteStatement]>([
  [
    "two PREPAREs",
    { kind: "prepare", view, hash: blockA },
    { kind: "prepare", view, hash: blockB },
  ],
  ["two COMMITs", { kind: "commit", view, hash: blockB }, { kind: "commit", view, hash: blockA }],
  [
    "a COMMIT and a SKIP",
    { kind: "commit", view, hash: blockA },
    { kind: "skip", view, hash: zeroHash },
  ],
  [
    "a SKIP and a COMMIT",
    { kind: "skip", view, hash: zeroHash },
    { kind: "commit", view, hash: blockA },
  ],
])("%s that a vote collector heard cost the stake", async (_, one, other) => {
  const evidence = defined(heard(one, other));
  expect(await stakeOf()).toBe(stakeMin);
  // As it comes from a disk.
  await convict(defined(decodeEvidence(encodeEvidence(evidence))));
  expect(await stakeOf()).toBe(0n);
  await expect(convict(evidence)).rejects.toThrow("NothingToSlash");
});

test("two checkpoints of one height that an attester heard cost the stake", async () => {
  const options = { domain, committee, self: ValidatorIndex(0) };
  const attester = new Attester({ signatures }, options, { attested: [], certifiedHeight: 0 });
  const effects = [blockA, blockB].flatMap((root) => {
    const checkpoint = { ...checkpointOf(5, root), epoch: committee.epoch };
    const signature = sign(checkpointDigest(domain, checkpoint));
    const message = { type: "checkpoint-vote", checkpoint, signature } as const;
    return attester.step({ type: "message", now: Micros(0), from: offender, message });
  });
  const evidence = effects.flatMap((effect) => (effect.type === "fault" && effect.evidence) || []);
  expect(evidence).toHaveLength(1);
  await convict(defined(evidence[0]));
  expect(await stakeOf()).toBe(0n);
});

test("shares given for two blocks of one height, as an opening heard it, cost the stake", async () => {
  const options = { committee, index: ValidatorIndex(0), domain };
  const opening = new Opening({ signatures }, options, { final: Height(4), unopened: [] });
  const effects = [blockA, blockB].flatMap((blockHash) => {
    const said = { domain, kind: "release", epoch: committee.epoch, slot: 5 } as const;
    const signature = sign(signedDigest({ ...said, payload: blockHash }));
    const message = {
      type: "shares",
      height: Height(5),
      blockHash,
      signature,
      slices: [],
    } as const;
    return opening.step({ type: "message", now: 0, from: offender, message });
  });
  const evidence = effects.flatMap((effect) => (effect.type === "fault" && effect.evidence) || []);
  expect(evidence).toHaveLength(1);
  await convict(defined(evidence[0]));
  expect(await stakeOf()).toBe(0n);
});

test("nothing that one honest validator says of a view is evidence, and the Hub refuses it as such", async () => {
  const prepare = { kind: "prepare", view, hash: blockA } as const;
  const commit = { kind: "commit", view, hash: blockA } as const;
  const skip = { kind: "skip", view, hash: zeroHash } as const;
  expect(heard(prepare, commit)).toBeUndefined();
  expect(heard(prepare, skip)).toBeUndefined();
  expect(heard(prepare, prepare)).toBeUndefined();
  for (const honest of [
    [prepare, commit],
    [prepare, skip],
    [commit, commit],
  ] as const)
    await expect(convict(framed(honest))).rejects.toThrow("NotConflicting");
  expect(await stakeOf()).toBe(stakeMin);
});

test("who signed one of two is not convicted by what another signed, or by words for another Hub", async () => {
  const one = { kind: "prepare", view, hash: blockA } as const;
  const other = { kind: "prepare", view, hash: blockB } as const;
  const forged = sideOf(other, defined(secrets[2]));
  await expect(convict(framed([one, other], forged))).rejects.toThrow("BadSignature");
  const evidence = defined(heard(one, other));
  domain = keccak256(domain);
  await expect(convict(defined(heard(one, other)))).rejects.toThrow("BadSignature");
  expect(await stakeOf()).toBe(stakeMin);
  // Who is not staked cannot be slashed.
  if (evidence.type !== "statements") throw new Error("votes are statements");
  const stranger = { ...evidence, offender: ValidatorIndex(2) };
  await expect(convict(stranger)).rejects.toThrow("UnknownKey");
  await convict(evidence);
  expect(await stakeOf()).toBe(0n);
});

const signatures: VoteSignatures = voteSignatures(
  blstBls,
  defined(secrets[0]),
  committee.members.map(({ publicKey }) => publicKey),
);

function heard(one: VoteStatement, other: VoteStatement): Evidence | undefined {
  const collector = new VoteCollector(committee, signatures, digestIn(domain, committee.epoch));
  const faults = [one, other].flatMap((statement) => {
    const { signature } = sideOf(statement);
    return collector.add({ ...statement, signer: offender, signature }).faults;
  });
  return faults[0]?.evidence;
}

/** What nobody honest would make evidence of. */
function framed(
  [one, other]: readonly [VoteStatement, VoteStatement],
  second: SignedPayload = sideOf(other),
): Evidence {
  return {
    type: "statements",
    epoch: committee.epoch,
    offender,
    slot: view,
    first: sideOf(one),
    second,
  };
}

function sideOf({ kind, hash }: VoteStatement, secret = defined(secrets[offender])): SignedPayload {
  const said = { domain, kind, epoch: committee.epoch, slot: view, payload: hash };
  return { kind, payload: hash, signature: blstBls.sign(secret, signedDigest(said)) };
}

function sign(digest: Uint8Array): Uint8Array {
  return blstBls.sign(defined(secrets[offender]), digest);
}

async function convict(evidence: Evidence): Promise<void> {
  if (evidence.type !== "statements") throw new Error("the Hub judges statements");
  const data = convictCall(defined(toContradictionCall(evidence, { committee, bls: blstBls })));
  const [, reporter] = await chain.ethers.getSigners();
  const response = await defined(reporter).sendTransaction({ to: await hub.getAddress(), data });
  await response.wait();
}

async function stakeOf(): Promise<bigint> {
  const [operator] = await chain.ethers.getSigners();
  const values = await call<readonly [string, bigint, boolean]>(
    stake,
    "operatorOf",
    defined(operator).address,
  );
  return values[1];
}
