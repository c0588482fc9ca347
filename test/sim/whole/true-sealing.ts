// The committee's key as production has it: dealt, sealed to by the code of the SDK's seal, and opened by the code of
// the worker threads. Slow, so a few seeds have it.

import { toHex, u64Bytes, unreachable, utf8 } from "../../../base/index.ts";
import {
  addressOf,
  seal,
  type SealingGroup,
  type SealingKey,
  sha256,
  toSealingKey,
} from "../../../crypto/index.ts";
import {
  type Committee,
  encodeEnvelope,
  encodeTransaction,
  type Micros,
  padPayload,
  quorum,
  senderDigest,
  transactionId,
  sealingOf,
} from "../../../protocol/index.ts";
import type { JobResult } from "../../../sequencer/core-events.ts";
import { nativeSenderSignatures, nodeNetworkSignatures } from "../../../sequencer/crypto/index.ts";
import { dealCommittee } from "../../../sequencer/genesis.ts";
import type { Job } from "../../../sequencer/jobs.ts";
import { createHandlers } from "../../../sequencer/workers/handlers.ts";
import { SeededRandom } from "../random.ts";
import type { Draft, Sealing, Secret, Written } from "./sealing.ts";

const senderKey = sha256(utf8("a trader"));
const forgerKey = sha256(utf8("somebody else"));

export class TrueSealing implements Sealing {
  readonly committee: Committee;
  readonly threshold: number;
  readonly #group: SealingGroup;
  readonly #key: SealingKey;
  readonly #workers: readonly ReturnType<typeof createHandlers>[];
  readonly #known = new Map<string, Secret>();

  constructor(group: SealingGroup, chainId: number, seats: number) {
    const { committee, secrets } = dealCommittee(group, { validators: seats, entropy: sha256() });
    const key = toSealingKey(group, { chainId, ...sealingOf(committee) });
    if (key === undefined) throw new Error("the sealing key is a key");
    this.committee = committee;
    this.threshold = quorum(seats);
    this.#group = group;
    this.#key = key;
    this.#workers = secrets.map(({ keyShare }, index) =>
      createHandlers({
        group,
        senderSignatures: nativeSenderSignatures,
        networkSignatures: nodeNetworkSignatures,
        random: seededBytes(index),
        chainId,
        committee,
        keyShares: [{ keyId: sealingOf(committee).keyId, share: keyShare }],
      }),
    );
  }

  write({ number, envelope, message, isClear, isVoid, isForged }: Draft): Written {
    const signed = { ...envelope, sender: addressOf(senderKey) };
    // What is not padded by the rule is sealed well, and turns out void when it is opened.
    const plaintext = isVoid ? new Uint8Array(128) : padPayload(message);
    const body = isClear
      ? message
      : seal(this.#group, this.#key, {
          message: plaintext,
          aad: encodeEnvelope(signed),
          seed: sha256(u64Bytes(number)),
        });
    const unsigned = { version: isClear ? 0 : 1, envelope: signed, body } as const;
    const key = isForged ? forgerKey : senderKey;
    const signature = nativeSenderSignatures.sign(key, senderDigest(transactionId(unsigned)));
    return {
      transaction: { ...unsigned, signature },
      payload: isVoid && !isClear ? undefined : message,
    };
  }

  answer(job: Job, seat: number, now: Micros): JobResult {
    const worker = this.#workers[seat - 1];
    if (worker === undefined) throw new Error("every seat has workers");
    switch (job.type) {
      case "validate": {
        const { id, transaction } = job;
        const isValid = worker.validate([encodeTransaction(transaction)])[0] === true;
        return { type: "validated", now, id, isValid };
      }
      case "compute-shares": {
        const { blockHash, points } = job;
        const shares = [...worker.shares(points)];
        for (const [i, share] of shares.entries())
          this.#known.set(toHex(share), { seat, point: toHex(points[i] ?? share) });
        return { type: "shares-computed", now, blockHash, shares };
      }
      case "open-batches":
        return { type: "batches-opened", now, results: worker.open(job.batches) };
      case "check-openings":
        return { type: "openings-checked", now, areValid: worker["check-openings"](job.claims) };
      case "unseal": {
        const items = job.items.map(({ transaction, opening }) => ({
          transaction: encodeTransaction(transaction),
          opening,
        }));
        return { type: "unsealed", now, height: job.height, payloads: worker.unseal(items) };
      }
      default:
        return unreachable(job);
    }
  }

  whatIs(share: Uint8Array): Secret | undefined {
    return this.#known.get(toHex(share));
  }
}

function seededBytes(seed: number): { bytes: (count: number) => Uint8Array } {
  const random = new SeededRandom(seed);
  return { bytes: (count) => Uint8Array.from({ length: count }, () => random.u32() & 0xff) };
}
