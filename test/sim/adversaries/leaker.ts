import { toHex } from "../../../base/index.ts";
import { keyedPoint } from "../../../crypto/index.ts";
import { blockHash, type Propose, spaces } from "../../../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "../../../sequencer/core-events.ts";
import { type Adversary, spoil } from "./adversary.ts";

const pointsMax = 64;

/** Lets its shares of all that is waiting go with every proposal that may hold it, long before anything is final, and
 * stands for them with its signature, as nobody listens otherwise. */
export const leaker: Adversary = {
  isOfConsensus: false,
  corrupt(machine, { committee, domain, votes }) {
    const waiting = new Map<string, Uint8Array>();
    /** By what stands for a block in its own questions to the workers. */
    const asked = new Map<string, Propose>();
    const look = (effects: readonly CoreEffect[]): readonly CoreEffect[] => {
      for (const effect of effects) {
        if (effect.type === "validate" && effect.transaction.version === 1)
          waiting.set(toHex(effect.id), keyedPoint(effect.transaction.body));
        if (effect.type !== "persist") continue;
        for (const { space, key, value } of effect.writes)
          if (space === spaces.stamp && value === undefined) waiting.delete(toHex(key));
      }
      return effects;
    };
    const ask = (proposal: Propose): CoreEffect[] => {
      const points = [...waiting.values()].slice(-pointsMax);
      const name = spoil(blockHash(proposal.header));
      if (points.length === 0 || asked.has(toHex(name))) return [];
      asked.set(toHex(name), proposal);
      return [{ type: "compute-shares", blockHash: name, points }];
    };
    return {
      start: (now) => look(machine.start(now)),
      step(event: CoreEvent) {
        const key = event.type === "shares-computed" ? toHex(event.blockHash) : "";
        const proposal = asked.get(key);
        if (proposal !== undefined && event.type === "shares-computed") {
          asked.delete(key);
          const { header } = proposal;
          const slices = [{ slice: 0, shares: event.shares }];
          const { height } = header;
          const payload = blockHash(header);
          const { epoch } = committee;
          const said = { domain, kind: "release", epoch, slot: height, payload } as const;
          const leak = { height, blockHash: payload, signature: votes.sign(said), slices };
          return [{ type: "broadcast", message: { type: "shares", ...leak } }];
        }
        const effects = look(machine.step(event));
        if (event.type !== "message" || event.message.type !== "propose") return effects;
        return [...effects, ...ask(event.message)];
      },
    };
  },
};
