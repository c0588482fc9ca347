// A replica with the toy application around it, put together as the node puts together the real parts: it loads what
// the disk holds, applies what becomes final in the same step, and persists it in one batch.

import { decode, encode, u64Bytes } from "../../../base/index.ts";
import {
  certificateKey,
  decodeSafety,
  hashesToLoad,
  readVote,
  type Recovered,
  type Replica,
  type ReplicaEffect,
  type ReplicaEvent,
  type ReplicaOptions,
  safetyKey,
  type VoteSignatures,
} from "../../../consensus/index.ts";
import {
  blockHash,
  type CommonEffect,
  type ConsensusMessage,
  decodeHeader,
  decodeQC,
  encodeHeader,
  type Header,
  type Micros,
  spaces,
  type ValidatorIndex,
  View,
} from "../../../protocol/index.ts";
import type { Host, NodeKind, Process, SimNode } from "../cluster.ts";
import type { SimDisk } from "../disk.ts";
import { ToyApplication } from "./toy-application.ts";

export type ToyEvent =
  | ReplicaEvent
  | {
      readonly type: "item";
      readonly now: Micros;
      readonly item: number;
      readonly inFull: boolean;
    };

export type ToyEffect =
  | CommonEffect
  | Exclude<ReplicaEffect, CommonEffect>
  | { readonly type: "fetch"; readonly items: readonly number[] };

export type ReplicaClass = new (
  ...parameters: ConstructorParameters<typeof Replica>
) => Pick<Replica, "start" | "step" | "view" | "finalHeight" | "isBroken">;

const finalKey = u64Bytes(0);

export class ReplicaNode implements SimNode<ToyEvent, ToyEffect> {
  readonly #application: ToyApplication;
  readonly #replica: InstanceType<ReplicaClass>;

  constructor(application: ToyApplication, replica: InstanceType<ReplicaClass>) {
    this.#application = application;
    this.#replica = replica;
  }

  get replica(): InstanceType<ReplicaClass> {
    return this.#replica;
  }

  start(now: Micros): ToyEffect[] {
    return this.#apply(this.#replica.start(now));
  }

  step(event: ToyEvent): ToyEffect[] {
    if (event.type !== "item") return this.#apply(this.#replica.step(event));
    const { now, item, inFull } = event;
    if (!this.#application.receive(item, inFull)) return [];
    const stored: ToyEffect[] = inFull
      ? [{ type: "persist", sync: false, writes: [writeItem(item)] }]
      : [];
    return [...stored, ...this.#apply(this.#replica.step({ type: "application-changed", now }))];
  }

  #apply(effects: readonly ReplicaEffect[]): ToyEffect[] {
    const applied: ToyEffect[] = [];
    for (const effect of effects) {
      applied.push(effect);
      if (effect.type === "finalized") applied.push(this.#finalize(effect.headers));
    }
    const items = this.#application.takeWanted();
    if (items.length > 0) applied.push({ type: "fetch", items });
    return applied;
  }

  /** Blocks, their heights and the pointer to the last one in one batch, so that no crash comes between. */
  #finalize(headers: readonly Header[]): CommonEffect {
    for (const header of headers) this.#application.finalize(header);
    const writes = headers.flatMap((header) => [
      { space: spaces.block, key: blockHash(header), value: encodeHeader(header) },
      { space: spaces.height, key: u64Bytes(header.height), value: blockHash(header) },
    ]);
    const top = headers.at(-1)?.height ?? 0;
    const pointer = { space: spaces.meta, key: finalKey, value: u64Bytes(top) };
    return { type: "persist", sync: false, writes: [...writes, pointer] };
  }
}

/** How a replica with the toy application is loaded, spoken to, and served. */
export function replicaKind(
  replicaClass: ReplicaClass,
  optionsOf: (process: Process) => ReplicaOptions,
  signaturesOf: (validator: ValidatorIndex) => VoteSignatures,
): NodeKind<ToyEvent, ToyEffect> {
  return {
    async build(process, disk, now) {
      const options = optionsOf(process);
      const application = new ToyApplication();
      for (const { key } of await disk.range(spaces.transaction))
        application.receive(decode(key, (reader) => reader.u32()) ?? 0, true);
      const recovered = await recover(disk, application, options);
      const signatures = signaturesOf(process.validator);
      const ports = { application, signatures };
      return new ReplicaNode(application, new replicaClass(ports, options, recovered, now));
    },
    message: (now, from, message) => ({
      type: "message",
      now,
      from,
      message: message as ConsensusMessage,
    }),
    tick: (now) => ({ type: "tick", now }),
    connected: (now, peer) => ({ type: "peer-connected", now, peer }),
    carryOut,
  };
}

function carryOut(effect: Exclude<ToyEffect, CommonEffect>, host: Host<ToyEvent>): void {
  switch (effect.type) {
    case "finalized":
      return host.observe({ ...effect, process: host.process, now: host.now });
    case "fetch":
      // Somebody honest has it and answers, sooner or later.
      for (const item of effect.items)
        host.inject(host.random.between(2_000, 60_000), (now) => ({
          type: "item",
          now,
          item,
          inFull: true,
        }));
      return;
    case "serve-blocks": {
      const headers = readChain(host.disk, effect.hash, effect.count);
      if (headers.length > 0)
        host.send(effect.to, { type: "blocks", headers, certificate: undefined });
      return;
    }
  }
}

async function recover(
  disk: SimDisk,
  application: ToyApplication,
  options: ReplicaOptions,
): Promise<Recovered> {
  const { epoch } = options.committee;
  const final = await recoverFinal(disk, application, options);
  const stored = await disk.range(spaces.certificate, { from: certificateKey(epoch, final.view) });
  const certificates = stored.map(({ value }) => decodeQC(value)).filter((qc) => qc !== undefined);
  const log = await disk.range(spaces.vote);
  const votes = log.flatMap((each) => readVote(options.committee, each) ?? []);
  const record = await disk.get(spaces.safety, safetyKey(epoch));
  const safety = record === undefined ? undefined : decodeSafety(record);
  const headers: Header[] = [];
  const found = { certificates, votes, headers, final };
  const recovered = { ...found, ...(safety === undefined ? {} : { safety }) };
  let loaded: Header[];
  do {
    loaded = hashesToLoad(recovered).flatMap((hash) => readChain(disk, hash, 1));
    headers.push(...loaded);
  } while (loaded.length > 0);
  return recovered;
}

async function recoverFinal(
  disk: SimDisk,
  application: ToyApplication,
  { origin }: ReplicaOptions,
): Promise<Recovered["final"]> {
  const pointer = await disk.get(spaces.meta, finalKey);
  const top = pointer === undefined ? 0 : (decode(pointer, (reader) => reader.u64()) ?? 0);
  let final: Recovered["final"] = { ...origin, view: View(0) };
  for (let height = 1; height <= top; height++) {
    const hash = await disk.get(spaces.height, u64Bytes(height));
    const header = hash === undefined ? undefined : readChain(disk, hash, 1)[0];
    // A batch that followed may have survived one that was lost; what is whole counts.
    if (hash === undefined || header === undefined) break;
    application.finalize(header);
    final = { height: header.height, hash, view: header.view };
  }
  return final;
}

/** Headers from this hash downwards, as many as the disk holds. */
function readChain(disk: SimDisk, hash: Uint8Array, count: number): Header[] {
  const headers: Header[] = [];
  let next = hash;
  while (headers.length < count) {
    const bytes = disk.read(spaces.block, next);
    const header = bytes === undefined ? undefined : decodeHeader(bytes);
    if (header === undefined) break;
    headers.push(header);
    next = header.parent;
  }
  return headers;
}

function writeItem(item: number): { space: string; key: Uint8Array; value: Uint8Array } {
  const key = encode(item, (writer, value) => writer.u32(value));
  return { space: spaces.transaction, key, value: new Uint8Array(0) };
}
