import type { EngineBatch, Outcome, State } from "../../../../rollup/engine/index.ts";
import { checkAuctions } from "./auctions.ts";
import { checkDirty } from "./dirty.ts";
import { checkLiquidations } from "./liquidations.ts";
import { MoneyAuditor } from "./money.ts";
import {
  checkAdmitted,
  checkCancels,
  checkFunding,
  checkNames,
  checkPrices,
  checkReducing,
  NonceAuditor,
} from "./rules.ts";
import { sceneBefore, sceneOf } from "./scene.ts";

/** Follows an engine from its first batch on; throws `Violation` with the rule that a batch broke. */
export class Auditor {
  readonly #money = new MoneyAuditor();
  readonly #nonces = new NonceAuditor();
  #before: State | undefined;

  onBatch(state: State): void {
    this.#before = sceneBefore(state);
  }

  onApplied(after: State, batch: EngineBatch, outcome: Outcome): void {
    if (this.#before === undefined) return;
    const scene = sceneOf(this.#before, after, batch, outcome);
    this.#money.check(scene);
    this.#nonces.check(scene);
    checkCancels(scene);
    checkAdmitted(scene);
    checkReducing(scene);
    checkPrices(scene);
    checkFunding(scene);
    checkNames(scene);
    checkAuctions(scene);
    checkLiquidations(scene);
    checkDirty(scene);
  }
}
