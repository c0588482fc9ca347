// What this node has to do for the next committee's keys: as one who will sit in it, as one who deals, or as both. The
// secrets are not here; what needs one is a job for whoever keeps them. Everything said is a function of the chain and of
// those secrets, so a node that restarts says the same again, under the same name, and it counts once.

import { equalBytes, unreachable } from "../base/index.ts";
import type { DealtShare } from "../crypto/index.ts";
import type { Control, ControlContent, Epoch, Height } from "../protocol/index.ts";
import { type Attempt, dealerOf, type Phase, seatOf } from "./attempt.ts";
import type { Verdict } from "./round.ts";
import type { Succession } from "./succession.ts";

export type ParticipantEvent =
  /** The succession has taken in final blocks, and no more are at hand. */
  { readonly type: "advanced" } | RoundAnswer;

/** What comes of a `RoundJob`; of an attempt that is past it is nothing. */
export type RoundAnswer = {
  readonly attempt: number;
  readonly keyId: number;
} & (
  | { readonly type: "epoch-key"; readonly epochKey: Uint8Array }
  /** Undefined: this node has lost its share of the key, and has nothing to hand on. */
  | { readonly type: "dealing-made"; readonly dealing: Uint8Array | undefined }
  | { readonly type: "dealings-opened"; readonly dealers: readonly number[] }
  | { readonly type: "shares-revealed"; readonly shares: readonly DealtShare[] }
  | { readonly type: "judged"; readonly verdict: Verdict | undefined }
);

/** Work for the keeper of the secrets. Each of these is asked for once in a life of the node and for each key, at most. */
export type RoundJob =
  /** The epoch key of this epoch, one for all keys: drawn and stored at first, the stored one ever after. */
  | {
      readonly type: "draw-epoch-key";
      readonly attempt: number;
      readonly keyId: number;
      readonly epoch: Epoch;
    }
  | { readonly type: "make-dealing"; readonly attempt: Attempt; readonly dealer: number }
  | { readonly type: "open-dealings"; readonly attempt: Attempt; readonly seat: number }
  | { readonly type: "reveal-shares"; readonly attempt: Attempt; readonly dealer: number }
  /** With the own share of the key, if there is a seat and a key: stored before the answer. */
  | { readonly type: "judge"; readonly attempt: Attempt; readonly seat: number | undefined };

export type ParticipantEffect =
  | { readonly type: "round-job"; readonly job: RoundJob }
  /** To be signed and sent like a client's transaction. */
  | { readonly type: "say"; readonly control: Control; readonly expiry: Height };

/** Heights after which what does not stand in the chain is said again: a few more than it takes to get there. */
const repeatHeights = 5;

export class Participant {
  readonly #succession: Succession;
  /** Network key of this node. */
  readonly #self: Uint8Array;
  /** By key id, of the attempts that are being made side by side. */
  readonly #parts = new Map<number, Part>();

  constructor(succession: Succession, self: Uint8Array) {
    this.#succession = succession;
    this.#self = self;
  }

  step(event: ParticipantEvent): ParticipantEffect[] {
    if (event.type === "advanced") return this.#onAdvanced();
    if (event.type !== "judged") return this.#parts.get(event.keyId)?.onAnswer(event) ?? [];
    this.#succession.onJudged(event, event.verdict);
    return [];
  }

  #onAdvanced(): ParticipantEffect[] {
    const { attempts } = this.#succession;
    for (const keyId of this.#parts.keys())
      if (!attempts.some((attempt) => attempt.keyId === keyId)) this.#parts.delete(keyId);
    return attempts.flatMap(({ keyId }) => {
      const part = this.#parts.get(keyId) ?? new Part(this.#succession, keyId, this.#self);
      this.#parts.set(keyId, part);
      return part.onAdvanced();
    });
  }
}

/** What the node does for one of the keys. */
class Part {
  readonly #succession: Succession;
  readonly #keyId: number;
  readonly #self: Uint8Array;
  /** The attempt and window whose work is under way or done. */
  #at = "";
  /** What was said last, until it stands in the chain or its window is over. */
  #said: { readonly control: Control; readonly expiry: Height; at: Height } | undefined;

  constructor(succession: Succession, keyId: number, self: Uint8Array) {
    this.#succession = succession;
    this.#keyId = keyId;
    this.#self = self;
  }

  onAdvanced(): ParticipantEffect[] {
    const attempt = this.#attempt;
    const { phase } = this.#succession;
    if (attempt === undefined || phase === undefined) return [];
    const at = `${attempt.number} ${phase.phase}`;
    if (at === this.#at) return this.#sayAgain(attempt);
    this.#at = at;
    this.#said = undefined;
    const job = this.#jobOf(attempt, phase.phase);
    return job === undefined ? [] : [{ type: "round-job", job }];
  }

  onAnswer(answer: Exclude<RoundAnswer, { type: "judged" }>): ParticipantEffect[] {
    const { attempt } = answer;
    switch (answer.type) {
      case "epoch-key":
        return this.#say("key", attempt, { type: "key", epochKey: answer.epochKey });
      case "dealing-made":
        return answer.dealing === undefined
          ? []
          : this.#say("deal", attempt, { type: "deal", dealing: answer.dealing });
      case "dealings-opened":
        return this.#say("ack", attempt, { type: "ack", dealers: answer.dealers });
      case "shares-revealed":
        return answer.shares.length === 0
          ? []
          : this.#say("reveal", attempt, { type: "reveal", shares: answer.shares });
      default:
        return unreachable(answer);
    }
  }

  get #attempt(): Attempt | undefined {
    return this.#succession.attempts.find(({ keyId }) => keyId === this.#keyId);
  }

  /** Who has no seat yet depends on others to report what it says, and they may not have heard it. */
  #sayAgain(attempt: Attempt): ParticipantEffect[] {
    const said = this.#said;
    const { height } = this.#succession;
    if (said === undefined || height < said.at + repeatHeights) return [];
    if (this.#isSaid(attempt, said.control.content)) return [];
    said.at = height;
    return [{ type: "say", control: said.control, expiry: said.expiry }];
  }

  #jobOf(attempt: Attempt, phase: Phase): RoundJob | undefined {
    const seat = seatOf(attempt, this.#self);
    const dealer = dealerOf(attempt, this.#self);
    const { number, keyId, epoch, keys, dealings } = attempt;
    switch (phase) {
      case "key":
        return seat === undefined
          ? undefined
          : { type: "draw-epoch-key", attempt: number, keyId, epoch };
      case "deal":
        return dealer === undefined ? undefined : { type: "make-dealing", attempt, dealer };
      case "ack":
        return seat === undefined || !keys.some((each) => each.seat === seat)
          ? undefined
          : { type: "open-dealings", attempt, seat };
      case "reveal":
        return dealer === undefined || !dealings.some((each) => each.dealer === dealer)
          ? undefined
          : { type: "reveal-shares", attempt, dealer };
      case "close":
        return { type: "judge", attempt, seat };
      default:
        return unreachable(phase);
    }
  }

  /** What is too late is not said: it would be ordered for nothing. */
  #say(phase: Phase, number: number, content: ControlContent): ParticipantEffect[] {
    const attempt = this.#attempt;
    const { phase: now, height } = this.#succession;
    if (attempt?.number !== number || now?.phase !== phase || this.#isSaid(attempt, content))
      return [];
    const { epoch, keyId } = attempt;
    const control = { author: this.#self, epoch, attempt: number, keyId, content };
    this.#said = { control, expiry: now.last, at: height };
    return [{ type: "say", control, expiry: now.last }];
  }

  /** In the chain already, from before a restart. */
  #isSaid(attempt: Attempt, content: ControlContent): boolean {
    const seat = seatOf(attempt, this.#self);
    const dealer = dealerOf(attempt, this.#self);
    switch (content.type) {
      case "key":
        return attempt.keys.some(
          (each) => each.seat === seat && equalBytes(each.epochKey, content.epochKey),
        );
      case "deal":
        return attempt.dealings.some((each) => each.dealer === dealer);
      case "ack":
        return attempt.acks.some((each) => each.seat === seat);
      case "reveal":
        return attempt.reveals.some((each) => each.dealer === dealer);
      default:
        return unreachable(content);
    }
  }
}
