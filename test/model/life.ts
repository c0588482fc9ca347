// One real replica with its disk, which may be killed between any two steps. Blocks mean nothing here and are always
// good, so that votes depend on nothing but the rules of voting.

import { toHex } from "../../base/index.ts";
import {
  type Application,
  decodeSafety,
  hashesToLoad,
  type Recovered,
  Replica,
  type ReplicaEffect,
  type ReplicaEvent,
  safetyKey,
} from "../../consensus/index.ts";
import {
  blockHash,
  type ConsensusMessage,
  decodeHeader,
  decodeQC,
  type Header,
  Micros,
  type QC,
  spaces,
  type ValidatorIndex,
  View,
  type Vote,
} from "../../protocol/index.ts";
import { committee, domain, epoch, fresh, origin, startTime } from "../consensus/support.ts";
import { parameters } from "../sim/parameters.ts";
import { fakeSignatures } from "../sim/signatures.ts";

export type ReplicaClass = new (
  ...parameters: ConstructorParameters<typeof Replica>
) => Pick<Replica, "start" | "step" | "view" | "finalView" | "commitQC" | "isBroken">;

const application: Application = {
  propose: () => undefined,
  evaluate: () => "valid",
  hasData: () => true,
  hasWork: () => false,
};

export class Life {
  readonly index: ValidatorIndex;
  readonly #replicaClass: ReplicaClass;
  readonly #disk = new Map<string, Uint8Array>();
  #final: Recovered["final"] = fresh.final;
  #now: Micros = startTime;
  #replica: InstanceType<ReplicaClass>;
  /** Views of which this life has a proposal: it looks at no second one. */
  readonly proposed: Set<View> = new Set();
  /** Hashes of what it made final, over all lives. */
  readonly finalized: string[] = [];
  /** The highest view that this validator ever skipped. */
  lastSkip: View = View(0);

  constructor(index: ValidatorIndex, replicaClass: ReplicaClass = Replica) {
    this.index = index;
    this.#replicaClass = replicaClass;
    this.#replica = this.#build(fresh);
    this.#replica.start(this.#now);
  }

  get view(): View {
    return this.#replica.view;
  }

  /** The view of the highest CommitQC that it holds, 0 without one. */
  get committedView(): View {
    return this.#replica.commitQC?.view ?? View(0);
  }

  /** Nothing is missing up to that CommitQC. */
  get isCaughtUp(): boolean {
    return this.committedView === this.#replica.finalView;
  }

  get isBroken(): boolean {
    return this.#replica.isBroken;
  }

  /** The votes it casts in answer. */
  hear(from: ValidatorIndex, message: ConsensusMessage): Vote[] {
    if (message.type === "propose") this.proposed.add(message.header.view);
    return this.#step({ type: "message", now: this.#now, from, message });
  }

  /** Time passes, µs. */
  wait(duration: number): Vote[] {
    this.#now = Micros(this.#now + duration);
    return this.#step({ type: "tick", now: this.#now });
  }

  /** Killed, and started from what its disk holds. */
  restart(): Vote[] {
    this.proposed.clear();
    this.#replica = this.#build(this.#recover());
    return this.#carryOut(this.#replica.start(this.#now));
  }

  #build(recovered: Recovered): InstanceType<ReplicaClass> {
    const ports = { application, signatures: fakeSignatures(this.index) };
    const options = { committee, index: this.index, domain, origin, parameters };
    return new this.#replicaClass(ports, options, recovered, this.#now);
  }

  #step(event: ReplicaEvent): Vote[] {
    return this.#carryOut(this.#replica.step(event));
  }

  #carryOut(effects: readonly ReplicaEffect[]): Vote[] {
    const votes: Vote[] = [];
    for (const effect of effects) {
      if (effect.type === "persist")
        for (const { space, key, value } of effect.writes) {
          if (value === undefined) this.#disk.delete(`${space} ${toHex(key)}`);
          else this.#disk.set(`${space} ${toHex(key)}`, value);
        }
      if (effect.type === "finalized") this.#finalize(effect.headers, effect.certificate);
      if (effect.type === "broadcast" && effect.message.type === "vote") votes.push(effect.message);
    }
    for (const { kind, view } of votes)
      if (kind === "skip") this.lastSkip = View(Math.max(this.lastSkip, view));
    return votes;
  }

  #finalize(headers: readonly Header[], certificate: QC | undefined): void {
    for (const header of headers) {
      const hash = blockHash(header);
      this.finalized.push(toHex(hash));
      const final = { height: header.height, hash, view: header.view };
      this.#final = certificate === undefined ? final : { ...final, certificate };
    }
  }

  #recover(): Recovered {
    const certificates = [...this.#disk]
      .filter(([key]) => key.startsWith(`${spaces.certificate} `))
      .flatMap(([, value]) => decodeQC(value) ?? [])
      .filter(({ view }) => view >= this.#final.view);
    const record = this.#disk.get(`${spaces.safety} ${toHex(safetyKey(epoch))}`);
    const safety = record === undefined ? undefined : decodeSafety(record);
    const headers: Header[] = [];
    const found = { certificates, headers, final: this.#final };
    const recovered = safety === undefined ? found : { ...found, safety };
    for (let loaded = headers.length, more = true; more; loaded = headers.length) {
      headers.push(...hashesToLoad(recovered).flatMap((hash) => this.#load(hash)));
      more = headers.length > loaded;
    }
    return recovered;
  }

  #load(hash: Uint8Array): Header[] {
    const bytes = this.#disk.get(`${spaces.block} ${toHex(hash)}`);
    const header = bytes === undefined ? undefined : decodeHeader(bytes);
    return header === undefined ? [] : [header];
  }
}
