// Who trades on the devnet, and with how much.

import type { Bot } from "./bot.ts";
import { dustMaker } from "./dust-maker.ts";
import { gambler } from "./gambler.ts";
import { maker } from "./maker.ts";
import { selfTrader } from "./self-trader.ts";
import { sniper } from "./sniper.ts";
import { spoofer } from "./spoofer.ts";
import { taker } from "./taker.ts";

export interface Role {
  readonly name: string;
  readonly bot: Bot;
  /** USDC that it deposits, for each account that it has. */
  readonly deposits: readonly number[];
  /** From one turn to the next, ms. */
  readonly everyMs: number;
}

export const cast: readonly Role[] = [
  { name: "maker-1", bot: maker, deposits: [1_000_000], everyMs: 2_000 },
  { name: "maker-2", bot: maker, deposits: [1_000_000], everyMs: 2_000 },
  { name: "taker-1", bot: taker, deposits: [100_000], everyMs: 3_000 },
  { name: "taker-2", bot: taker, deposits: [100_000], everyMs: 3_500 },
  { name: "taker-3", bot: taker, deposits: [100_000], everyMs: 4_000 },
  { name: "gambler-1", bot: gambler, deposits: [1_000, 50_000], everyMs: 3_000 },
  { name: "gambler-2", bot: gambler, deposits: [1_000, 50_000], everyMs: 3_500 },
  { name: "sniper", bot: sniper, deposits: [100_000], everyMs: 2_000 },
  { name: "spoofer", bot: spoofer, deposits: [200_000], everyMs: 5_000 },
  { name: "self-trader", bot: selfTrader, deposits: [5_000, 5_000], everyMs: 5_000 },
  { name: "dust-maker", bot: dustMaker, deposits: [50_000], everyMs: 6_000 },
];
