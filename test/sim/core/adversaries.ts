// What Byzantine seats do with the core that honest ones run, and the one thing that no honest one may do.

import { toHex } from "../../../base/index.ts";
import { ephemeralPoint } from "../../../crypto/index.ts";
import { blockHash, spaces, ValidatorIndex } from "../../../protocol/index.ts";
import type { CoreEffect } from "../../../sequencer/core.ts";
import type { CoreSimNode } from "./node.ts";
import type { SealingOracle } from "./oracle.ts";
import type { SeededRandom } from "../random.ts";

export type CoreAdversaryName = "mute" | "withholder" | "garbler" | "selective" | "backdater";

interface Tools {
  readonly seats: number;
  readonly random: SeededRandom;
}

type Corruption = (effect: CoreEffect, tools: Tools) => readonly CoreEffect[];

/** How far the clock of a backdater is behind, µs: what it stamps, it claims to have had long before. */
export const backdating = 400_000;

const corruptions: Readonly<Record<CoreAdversaryName, Corruption>> = {
  /** Hears everything and says nothing. */
  mute: (effect) => (messageOf(effect) === undefined ? [effect] : []),
  /** Lets others open what they can without it. */
  withholder: (effect) => {
    const type = messageOf(effect)?.type;
    return type === "shares" || type === "opened" || type === "transactions" ? [] : [effect];
  },
  /** Sends shares and openings that are none. */
  garbler: (effect) => {
    if (effect.type !== "send" && effect.type !== "broadcast") return [effect];
    const { message } = effect;
    if (message.type === "shares") {
      const slices = message.slices.map((each) => ({ ...each, shares: each.shares.map(spoil) }));
      return [{ ...effect, message: { ...message, slices } }];
    }
    if (message.type === "opened") {
      const slices = message.slices.map((each) => ({
        ...each,
        openings: each.openings.map(spoil),
      }));
      return [{ ...effect, message: { ...message, slices } }];
    }
    return [effect];
  },
  /** Says nothing false, but only to some, others each time. */
  selective: (effect, { seats, random }) => {
    if (effect.type !== "broadcast") return [effect];
    const { message } = effect;
    return Array.from({ length: seats }, (_, seat) => ValidatorIndex(seat)).flatMap((to) =>
      random.chance(0.6) ? [{ type: "send", to, message } as const] : [],
    );
  },
  /** Honest, but for its clock. */
  backdater: (effect) => [effect],
};

export const coreAdversaries: readonly CoreAdversaryName[] = [
  "mute",
  "withholder",
  "garbler",
  "selective",
  "backdater",
];

export function corruptCore(node: CoreSimNode, name: CoreAdversaryName, tools: Tools): CoreSimNode {
  const corrupt = corruptions[name];
  return {
    start: (now) => node.start(now).flatMap((effect) => corrupt(effect, tools)),
    step: (event) => node.step(event).flatMap((effect) => corrupt(effect, tools)),
  };
}

/** The planted bug: shares of all that is waiting go out together with the PREPARE of a proposal that may hold it. */
export function leakAtProposal(
  node: CoreSimNode,
  oracle: SealingOracle,
  seat: number,
): CoreSimNode {
  const waiting = new Map<string, Uint8Array>();
  const look = (effects: readonly CoreEffect[]): readonly CoreEffect[] => {
    for (const effect of effects) {
      if (effect.type === "validate" && effect.transaction.version === 1)
        waiting.set(toHex(effect.id), ephemeralPoint(effect.transaction.body));
      if (effect.type !== "persist") continue;
      for (const { space, key, value } of effect.writes)
        if (space === spaces.stamp && value === undefined) waiting.delete(toHex(key));
    }
    return effects;
  };
  return {
    start: (now) => look(node.start(now)),
    step(event) {
      const effects = look(node.step(event));
      if (event.type !== "message" || event.message.type !== "propose") return effects;
      const { header } = event.message;
      const shares = oracle.shares(seat, [...waiting.values()]);
      const early: CoreEffect = {
        type: "broadcast",
        message: {
          type: "shares",
          height: header.height,
          blockHash: blockHash(header),
          slices: [{ slice: 0, shares }],
        },
      };
      return shares.length === 0 ? effects : [...effects, early];
    },
  };
}

function messageOf(effect: CoreEffect): { readonly type: string } | undefined {
  return effect.type === "send" || effect.type === "broadcast" ? effect.message : undefined;
}

function spoil(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
}
