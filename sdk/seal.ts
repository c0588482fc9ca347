// From a payload to a transaction that can be submitted: padded, sealed to the committee's key, signed by its sender.

import { CodedError } from "../base/index.ts";
import { nobleSealingGroup, seal, type SealingGroup } from "../crypto/index.ts";
import {
  type Envelope,
  encodeEnvelope,
  limits,
  padPayload,
  type SealedTransaction,
  sealedPayloadBytesMax,
  senderDigest,
  transactionId,
} from "../protocol/index.ts";
import type { Network } from "./network.ts";
import type { Signer } from "./signer.ts";

/** The envelope but for what follows from the network and the signer. */
export interface EnvelopeFields extends Omit<Envelope, "chainId" | "sender" | "class" | "payer"> {
  /** `normal` unless said otherwise. */
  readonly class?: Envelope["class"];
  /** `rollup` unless said otherwise. */
  readonly payer?: Envelope["payer"];
}

export interface TransactionRequest {
  readonly network: Network;
  readonly envelope: EnvelopeFields;
  /** What the rollup executes, at most `sealedPayloadBytesMax` bytes. */
  readonly payload: Uint8Array;
  readonly signer: Signer;
}

/**
 * Nobody can read the payload before its place is final. About 4 ms with the default group, and 15 the first time; 1.2
 * with a native one. Throws `CodedError` PAYLOAD_TOO_LARGE.
 */
export async function sealTransaction(
  request: TransactionRequest,
  group: SealingGroup = nobleSealingGroup,
): Promise<SealedTransaction> {
  const { network, payload } = request;
  requireSize(payload, sealedPayloadBytesMax);
  const envelope = toEnvelope(request);
  const body = seal(group, network.sealingKey, {
    message: padPayload(payload),
    aad: encodeEnvelope(envelope),
    seed: crypto.getRandomValues(new Uint8Array(32)),
  });
  return sign({ version: 1, envelope, body }, request.signer);
}

/** For what everyone may read at once, such as oracle prices, where the namespace's policy lets it in. */
export async function clearTransaction(request: TransactionRequest): Promise<SealedTransaction> {
  requireSize(request.payload, limits.transactionBodyBytesMax);
  return sign({ version: 0, envelope: toEnvelope(request), body: request.payload }, request.signer);
}

async function sign(
  unsigned: Omit<SealedTransaction, "signature">,
  signer: Signer,
): Promise<SealedTransaction> {
  const signature = await signer.sign(senderDigest(transactionId(unsigned)));
  return { ...unsigned, signature };
}

function toEnvelope({ network, envelope, signer }: TransactionRequest): Envelope {
  return {
    class: "normal",
    payer: "rollup",
    ...envelope,
    chainId: network.genesis.chainId,
    sender: signer.address,
  };
}

function requireSize(payload: Uint8Array, bytesMax: number): void {
  if (payload.length > bytesMax)
    throw new CodedError(
      "PAYLOAD_TOO_LARGE",
      `the payload has ${payload.length} bytes; at most ${bytesMax} fit into a transaction`,
    );
}
