// What OpenAPI shows of the answers, and of the one body that is taken. Fields are only ever added.

import { transactionStates } from "../../protocol/index.ts";
import { problemType } from "./problem.ts";

type Schema = Readonly<Record<string, unknown>>;

const hex = (what: string, bytes?: number): Schema => ({
  type: "string",
  pattern: bytes === undefined ? "^0x([0-9a-f]{2})*$" : `^0x[0-9a-f]{${2 * bytes}}$`,
  description: what,
});
const natural = (what: string): Schema => ({ type: "integer", minimum: 0, description: what });
const nullable = (schema: Schema): Schema => ({ ...schema, type: [schema["type"], "null"] });

/** An object whose fields are all there, except for those named `optional`. */
function object(properties: Readonly<Record<string, Schema>>, optional: string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", required, properties };
}

export const receiptSchema: Schema = object({
  id: hex("The transaction's id.", 32),
  epoch: natural("Of the committee."),
  validator: natural("Who signs, its place in the committee."),
  incarnation: natural("How often the validator has restarted."),
  stamp: natural("When it received the transaction, µs."),
  signature: hex("Ed25519 by the validator's network key.", 64),
});

export const statusSchema: Schema = object(
  {
    id: hex("The transaction's id.", 32),
    state: { type: "string", enum: transactionStates },
    height: natural("The block it stands in."),
    index: natural("Its place among its namespace's transactions of that block."),
    code: { type: "string", description: "Why it is void, expired or rejected." },
    checkpoint: natural("The first checkpoint that covers it."),
    l1Transaction: hex("What carried that checkpoint to L1.", 32),
    times: {
      type: "object",
      properties: Object.fromEntries(
        transactionStates.map((state) => [state, natural(`When it was ${state}, µs.`)]),
      ),
    },
  },
  ["height", "index", "code", "checkpoint", "l1Transaction"],
);

export const blockSchema: Schema = object({
  hash: hex("The block's name.", 32),
  height: natural("Distance from genesis."),
  epoch: natural("Of the committee."),
  view: natural("The leader's turn in which it was proposed."),
  parent: hex("The parent's name.", 32),
  parentView: natural("The parent's view."),
  time: nullable(natural("Block time, µs.")),
  l1Block: nullable(natural("The finalized L1 block up to which deposits and messages are in.")),
  transactions: { type: "array", items: hex("A transaction's id, in order.", 32) },
  header: hex("Canonical bytes of the header, which the hash is over."),
  certificate: nullable(hex("Canonical bytes of its COMMIT certificate.")),
});

export const checkpointSchema: Schema = object({
  number: natural("From 1."),
  epoch: natural("Of the committee that signed."),
  height: natural("The last block it covers."),
  blockHash: hex("That block's name.", 32),
  rollupsRoot: hex("Root over all rollups' leaves.", 32),
  next: hex("What the next epoch begins with, or zeros.", 32),
  signers: { type: "array", items: natural("A validator's place in the committee.") },
  certified: hex("Canonical bytes of the checkpoint with its aggregate signature."),
  l1Transaction: nullable(hex("What carried it to L1.", 32)),
});

export const evidenceSchema: Schema = object({
  evidence: {
    type: "array",
    items: object({
      name: hex("Orders it; with `after` it asks for what follows.", 19),
      type: { type: "string", enum: ["statements", "lanes"] },
      epoch: natural("In which it was said."),
      validator: natural("The offender's place in that epoch's committee."),
      publicKey: nullable(
        hex("The key it votes with, null when the committee is not known here.", 48),
      ),
      networkKey: nullable(hex("The key it is known by in the network.", 32)),
      slot: natural(
        "The view; of checkpoints and releases the height; of lanes what tells lies apart.",
      ),
      sides: {
        type: "array",
        description: "What was said: two contradictory things.",
        items: object({
          kind: {
            type: "string",
            enum: ["prepare", "commit", "skip", "checkpoint", "release", "lane"],
          },
          payload: hex("Hash of what it is about."),
          signature: hex("By the key that speaks for the validator there."),
        }),
      },
      encoded: hex("Canonical bytes of the evidence."),
      call: nullable(
        object({
          to: hex("The Hub.", 20),
          data: hex("What anyone sends there to take the offender's stake."),
        }),
      ),
    }),
  },
});

export const feesSchema: Schema = object({
  baseFee: natural("Fee units per byte in the next block."),
  reserves: {
    type: "array",
    description: "Of rollups that have set a reserve price; the higher of the two holds.",
    items: object({
      namespace: natural("The rollup's id."),
      reserve: natural("Fee units per byte."),
    }),
  },
});

export const healthSchema: Schema = object({
  live: { type: "boolean", description: "False asks for a restart." },
  ready: { type: "boolean", description: "False asks not to be sent traffic." },
  checks: { type: "object", additionalProperties: { type: "boolean" } },
  version: { type: "string" },
  validator: nullable(natural("Its place in the committee, null when it only follows.")),
  epoch: natural("Of the committee."),
  view: natural("The view it is in."),
  final: natural("The last final height."),
  opened: natural("The last height that is opened."),
  oldest: natural("The oldest height that pages are served from."),
  peers: natural("Validators it is connected to."),
  l1Block: natural("The L1 block it has read last."),
  chainId: natural("Of the L1, and of the transactions' envelopes."),
  genesis: hex("Hash of the genesis file.", 32),
});

export const probeSchema: Schema = object({ status: { type: "string", enum: ["ok", "failing"] } });

export const anySchema: Schema = { type: "object", additionalProperties: true };

/** One page of blocks, as `DeliveredPage` is encoded. */
export const pageContent: Schema = {
  description: "Consecutive blocks with a certificate for the last: a canonical `DeliveredPage`.",
  content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
};

export const epochContent: Schema = {
  description:
    "The closing checkpoint with its certificate and the next committee: a canonical `EpochEnd`.",
  content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
};

export const transactionBody: Schema = {
  content: {
    "application/octet-stream": { schema: { type: "string", format: "binary" } },
    "application/json": {
      schema: {
        ...object({ transaction: hex("Canonical bytes of a `SealedTransaction`.") }),
        additionalProperties: false,
      },
    },
  },
};

export const problemContent: Schema = {
  description: "What is wrong, with a stable code.",
  content: {
    [problemType]: {
      schema: object({
        type: { type: "string" },
        title: { type: "string" },
        status: natural("The HTTP status."),
        detail: { type: "string", description: "What to do about it." },
        code: { type: "string", description: "Stable; switch on this." },
      }),
    },
  },
};
