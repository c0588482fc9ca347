// A gateway over a chain in memory: what it serves is real, only that nobody had to agree on it.

import { CodedError, compareBytes, equalBytes } from "../../../base/index.ts";
import { nobleSenderSignatures, sealedKeyId, sha256 } from "../../../crypto/index.ts";
import {
  contradiction,
  type DeliveredPage,
  Epoch,
  type EpochEnd,
  type Genesis,
  Height,
  Micros,
  Namespace,
  type Receipt,
  type SealedTransaction,
  senderDigest,
  transactionId,
  type TransactionStatus,
  ValidatorIndex,
  View,
  zeroHash,
} from "../../../protocol/index.ts";
import type {
  AnchoredCheckpoint,
  Fees,
  FinalBlock,
  Gateway,
  KeptEvidence,
} from "../../../sequencer/api/index.ts";
import { evidenceKey } from "../../../sequencer/evidence-book.ts";
import { StatusBook } from "../../../sequencer/status.ts";
import type { Health } from "../../../sequencer/health.ts";
import { type Chain, genesis, receipt } from "../../sdk/chain.ts";

export class MemoryGateway implements Gateway {
  readonly genesis: Genesis = genesis;
  readonly submitted: SealedTransaction[] = [];
  readonly listeners: Set<(height: Height) => void> = new Set();
  readonly validator: number;
  readonly chain: Chain;
  /** In which it gives receipts. */
  epoch = 0;
  /** What is sealed to an older key is refused. */
  oldestKeyId = 0;
  /** By the number of the epoch. */
  readonly ends: Map<number, EpochEnd> = new Map();
  /** In the order of its names. */
  readonly kept: KeptEvidence[] = [];
  oldest: Height = Height(1);
  live = true;
  ready = true;
  anchored: AnchoredCheckpoint | undefined;
  readonly statuses: StatusBook = new StatusBook();

  constructor(chain: Chain, validator = 0) {
    this.chain = chain;
    this.validator = validator;
  }

  /** Tells the followers that the chain has grown. */
  announce(): void {
    for (const listener of this.listeners) listener(this.chain.height);
  }

  submit(transaction: SealedTransaction): Promise<Receipt> {
    const id = transactionId(transaction);
    const signer = nobleSenderSignatures.recover(senderDigest(id), transaction.signature);
    if (signer === undefined || !equalBytes(signer, transaction.envelope.sender))
      return Promise.reject(new CodedError("BAD_SIGNATURE", "the sender has not signed this"));
    if ((sealedKeyId(transaction.body) ?? Infinity) < this.oldestKeyId)
      return Promise.reject(new CodedError("KEY_RETIRED", "a newer key has replaced this one"));
    this.submitted.push(transaction);
    const { namespace, expiry } = transaction.envelope;
    this.statuses.received(id, { namespace, expiry }, Micros(1_700_000_000_000_000));
    return Promise.resolve(receipt(transaction, this.validator, this.epoch));
  }

  status(id: Uint8Array): Promise<TransactionStatus | undefined> {
    return Promise.resolve(this.statuses.get(id));
  }

  page(namespace: Namespace, from: Height, limit: number): Promise<DeliveredPage | undefined> {
    return Promise.resolve(
      from < this.oldest ? undefined : this.chain.page(namespace, from, limit),
    );
  }

  onOpened(listener: (height: Height) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  block(height: Height): Promise<FinalBlock | undefined> {
    const block = this.chain.blocks[height - 1];
    if (block === undefined || height < this.oldest) return Promise.resolve(undefined);
    const { header, certificate, transactions } = block;
    return Promise.resolve({ header, certificate, ordered: transactions.map(transactionId) });
  }

  epochEnd(epoch: Epoch): Promise<EpochEnd | undefined> {
    return Promise.resolve(this.ends.get(epoch));
  }

  checkpoint(): Promise<AnchoredCheckpoint | undefined> {
    return Promise.resolve(this.anchored);
  }

  evidence(after: Uint8Array, limit: number): Promise<readonly KeptEvidence[]> {
    const found = this.kept.filter(({ name }) => compareBytes(name, after) > 0);
    return Promise.resolve(found.slice(0, limit));
  }

  fees(): Fees {
    return { baseFee: 3, reserves: [{ namespace: Namespace(7), reserve: 9 }] };
  }

  health(): Health {
    return {
      live: this.live,
      ready: this.ready,
      checks: { synced: this.ready },
      version: "0.1.0",
      validator: ValidatorIndex(this.validator),
      epoch: Epoch(0),
      view: View(1),
      final: this.chain.height,
      opened: this.chain.height,
      oldest: this.oldest,
      peers: 3,
      l1Block: 1,
    };
  }
}

export const someHash: Uint8Array = sha256(Uint8Array.of(1));

/** A COMMIT and a SKIP of validator 1 in one view; nobody signed them. */
export function keptLie(view: number): KeptEvidence {
  const signature = new Uint8Array(96);
  const evidence = contradiction({ epoch: Epoch(0), offender: ValidatorIndex(1), slot: view }, [
    { kind: "skip", payload: zeroHash, signature },
    { kind: "commit", payload: someHash, signature },
  ]);
  const call = { to: `0x${"11".repeat(20)}`, data: "0x1234" };
  return { name: evidenceKey(evidence), evidence, member: undefined, call };
}
