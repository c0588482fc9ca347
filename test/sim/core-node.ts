// The whole mind of a validator (consensus, mempool, ledger, opening) in the simulator: the node's own composition,
// recovery, archive and worker code on a simulated disk. Only votes and lane signatures are cheap stand-ins.

import { toHex, u64Bytes, utf8 } from "../../base/index.ts";
import {
  addressOf,
  seal,
  type SealingGroup,
  type SealingKey,
  sha256,
  toSealingKey,
} from "../../crypto/index.ts";
import {
  type CommonEffect,
  decodeHeader,
  type Envelope,
  encodeEnvelope,
  encodeTransaction,
  type Genesis,
  Height,
  type L1Block,
  Namespace,
  padPayload,
  quorum,
  type SealedTransaction,
  senderDigest,
  settlementDomain,
  spaces,
  transactionId,
} from "../../protocol/index.ts";
import { Archive } from "../../sequencer/archive.ts";
import { Core, type CoreEffect, type CoreEvent } from "../../sequencer/core.ts";
import { blstBls, nativeSenderSignatures } from "../../sequencer/crypto/index.ts";
import { dealCommittee, makeGenesis, type ValidatorSecrets } from "../../sequencer/genesis.ts";
import { decodeFinalRecord } from "../../sequencer/records.ts";
import { loadRecovery, nextIncarnation } from "../../sequencer/recovery.ts";
import { createHandlers } from "../../sequencer/workers/handlers.ts";
import type { Host, NodeKind } from "./cluster.ts";
import { SeededRandom } from "./random.ts";
import { fakeLaneSignatures, fakeSignatures } from "./signatures.ts";

/** Everything of a network that does not change between runs; made once, since dealing keys takes a while. */
export interface CoreSetting {
  readonly genesis: Genesis;
  readonly group: SealingGroup;
  readonly key: SealingKey;
  readonly secrets: readonly ValidatorSecrets[];
}

const chainId = 31_337;
const senderKey = sha256(utf8("a trader"));

export function coreSetting(group: SealingGroup, validators: number): CoreSetting {
  const { committee, secrets } = dealCommittee(group, { validators, entropy: sha256() });
  const hub = new Uint8Array(20).fill(1);
  const genesis = makeGenesis(
    { bls: blstBls, group },
    {
      chainId,
      contracts: { hub, rollups: new Uint8Array(20).fill(2) },
      l1Start: 1,
      committee,
      parameters: {
        viewTimeout: 150_000,
        idleTime: 300_000,
        laneHeartbeat: 50_000,
        checkpointHeights: 16,
      },
    },
  );
  const key = toSealingKey(group, { chainId, ...committee.sealing });
  if (key === undefined) throw new Error("the sealing key is a key");
  return { genesis, group, key, secrets };
}

/** The first L1 block: one rollup, funded. Every node reads it. */
export const firstL1Block: L1Block = {
  number: 1,
  hash: sha256(utf8("L1")),
  events: [
    {
      type: "subscribed",
      namespace: Namespace(0),
      settlement: new Uint8Array(20).fill(3),
      policy: { sealingRequired: true, classOrder: false, senderMayPay: false },
    },
    { type: "funded", namespace: Namespace(0), amount: 1_000_000_000 },
  ],
};

export function sealedTransaction({ group, key }: CoreSetting, nonce: number): SealedTransaction {
  const envelope: Envelope = {
    chainId,
    namespace: Namespace(0),
    class: "normal",
    payer: "rollup",
    sender: addressOf(senderKey),
    nonce,
    expiry: Height(10_000),
    feeCap: 1_000_000,
  };
  const body = seal(group, key, {
    message: padPayload(utf8(`order ${nonce}`)),
    aad: encodeEnvelope(envelope),
    seed: sha256(u64Bytes(nonce)),
  });
  const unsigned = { version: 1, envelope, body } as const;
  const digest = senderDigest(transactionId(unsigned));
  return { ...unsigned, signature: nativeSenderSignatures.sign(senderKey, digest) };
}

export type CoreClass = new (
  ...parameters: ConstructorParameters<typeof Core>
) => Pick<Core, "start" | "step" | "progress">;

export function coreKind(
  setting: CoreSetting,
  coreClass: CoreClass = Core,
): NodeKind<CoreEvent, CoreEffect> {
  const { genesis, group, key, secrets } = setting;
  const workers = genesis.committee.members.map((_, index) =>
    createHandlers({
      group,
      signatures: nativeSenderSignatures,
      random: seededBytes(index),
      key,
      verificationKeys: genesis.committee.members.map(({ verificationKey }) => verificationKey),
      threshold: quorum(genesis.committee.members.length),
      keyShare: secrets[index]?.keyShare,
    }),
  );
  return {
    async build({ validator }, disk, now) {
      const incarnation = await nextIncarnation(disk);
      const recovery = await loadRecovery(disk, genesis);
      const domain = settlementDomain({ chainId, hub: genesis.contracts.hub });
      const ports = { votes: fakeSignatures(validator), lanes: fakeLaneSignatures(validator) };
      return new coreClass(
        ports,
        { genesis, index: validator, incarnation, domain },
        recovery,
        now,
      );
    },
    message: (now, from, message) => ({
      type: "message",
      now,
      from,
      epoch: genesis.committee.epoch,
      message,
    }),
    tick: (now) => ({ type: "tick", now }),
    connected: (now, peer) => ({ type: "peer-connected", now, peer }),
    carryOut(effect, host) {
      const handlers = workers[host.process.validator];
      if (handlers === undefined) throw new Error("every validator has workers");
      carryOut(effect, host, handlers);
    },
  };
}

/** Workers answer after a while; the disk answers at once. */
function carryOut(
  effect: Exclude<CoreEffect, CommonEffect>,
  host: Host<CoreEvent>,
  handlers: ReturnType<typeof createHandlers>,
): void {
  const delay = host.random.between(500, 8_000);
  switch (effect.type) {
    case "validate": {
      const { id, transaction } = effect;
      const isValid = handlers.validate([encodeTransaction(transaction)])[0] === true;
      return host.inject(delay, (now) => ({ type: "validated", now, id, isValid }));
    }
    case "compute-shares": {
      const { blockHash, points } = effect;
      const shares = [...handlers.shares(points)];
      return host.inject(delay, (now) => ({ type: "shares-computed", now, blockHash, shares }));
    }
    case "open-batches": {
      const results = handlers.open(effect.batches);
      return host.inject(delay, (now) => ({ type: "batches-opened", now, results }));
    }
    case "check-openings": {
      const areValid = handlers["check-openings"](effect.claims);
      return host.inject(delay, (now) => ({ type: "openings-checked", now, areValid }));
    }
    case "unseal": {
      const { height } = effect;
      const payloads = handlers.unseal(
        effect.items.map(({ transaction, opening }) => ({
          transaction: encodeTransaction(transaction),
          opening,
        })),
      );
      return host.inject(delay, (now) => ({ type: "unsealed", now, height, payloads }));
    }
    case "serve-blocks":
    case "load-lanes":
    case "load-transactions":
    case "load-openings":
      return host.later(async () => {
        const message = await new Archive(host.disk).answer(effect);
        if (message !== undefined) host.send(effect.to, message);
      });
    case "ordered":
      return onOrdered(effect, host);
    case "delivered":
      return host.observe({
        type: "delivered",
        process: host.process,
        height: effect.height,
        payloads: effect.batches.flatMap(({ transactions }) =>
          transactions.map(({ payload }) =>
            payload === undefined ? "void" : new TextDecoder().decode(payload),
          ),
        ),
      });
    case "answer":
    case "certified":
    case "completed":
      return;
  }
}

/** The core says what a final block ordered; which block it was stands in the record written just before. */
function onOrdered(effect: Extract<CoreEffect, { type: "ordered" }>, host: Host<CoreEvent>): void {
  const { process, disk, now } = host;
  const { height, time, groups } = effect;
  const stored = disk.read(spaces.ordered, u64Bytes(height));
  const record = stored === undefined ? undefined : decodeFinalRecord(stored);
  const bytes = record === undefined ? undefined : disk.read(spaces.block, record.hash);
  const header = bytes === undefined ? undefined : decodeHeader(bytes);
  if (record === undefined || header === undefined)
    throw new Error("a final block is on the disk before anyone is told of it");
  host.observe({
    type: "finalized",
    process,
    headers: [header],
    certificate: record.certificate,
    now,
  });
  const ids = groups.flatMap((group) => group.ids.map(toHex));
  host.observe({ type: "ordered", process, height, ids, time });
}

function seededBytes(seed: number): { bytes: (count: number) => Uint8Array } {
  const random = new SeededRandom(seed);
  return { bytes: (count) => Uint8Array.from({ length: count }, () => random.u32() & 0xff) };
}
