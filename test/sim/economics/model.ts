// What a validator is paid over many epochs when it keeps the rules, and when it leaves one, all else being equal: the same
// traffic, and the others honest. Fees and gas are in fee units; rules and sizes are those of the nodes and contracts.
import { SeededRandom } from "../random.ts";

export interface World {
  readonly validators: number;
  /** How many act as one: those whose payoff is asked for. At most f, in the assumptions. */
  readonly coalition: number;
  /** What is charged in a second on average, base fee alone. */
  readonly feesPerSecond: number;
  /** Of what is collected beside a checkpoint, to its poster; `Rollups.POSTER_PERCENT`. */
  readonly posterPercent: number;
  /** What a poster pays for one `post`. */
  readonly postCost: number;
  /** Chain time from one checkpoint to the next, s. */
  readonly checkpointSeconds: number;
  /** How long the next validator waits for the one whose turn it is, s. */
  readonly failoverSeconds: number;
  readonly epochSeconds: number;
  /** A view whose leader says nothing, s. */
  readonly viewSeconds: number;
  /** Stake of everyone, and that of newcomers, which earns from the next epoch on; as parts of one validator's. */
  readonly newcomers: number;
  /** What somebody pays for a transaction that is never ordered, once an epoch. */
  readonly bribe: number;
}

/** A node's defaults on fees that pay for posting eight rollups; everyone who may be faulty acts as one. */
export const assumed: World = {
  validators: 4,
  coalition: 1,
  feesPerSecond: 2_000,
  posterPercent: 10,
  postCost: 1_000,
  checkpointSeconds: 10,
  failoverSeconds: 6,
  epochSeconds: 86_400,
  viewSeconds: 1,
  newcomers: 1,
  bribe: 50_000_000,
};

export const strategies = [
  "honest",
  "censor",
  "post-late",
  "never-post",
  "delay-rotation",
] as const;
export type Strategy = (typeof strategies)[number];

/** The coalition's income, all epochs together, and what was paid to everybody: fees are neither made nor lost. */
export interface Outcome {
  readonly payoff: number;
  readonly paid: number;
  readonly charged: number;
}

export function play(
  world: World,
  strategy: Strategy,
  chance: { readonly seed: number; readonly epochs: number },
): Outcome {
  const random = new SeededRandom(chance.seed);
  const { validators, coalition } = world;
  const mayBe = (who: number): boolean => who < coalition;
  let payoff = 0;
  let paid = 0;
  let charged = 0;
  let uncollected = 0;
  let isWaiting = false;
  for (let epoch = 0; epoch < chance.epochs; epoch++) {
    const seconds = world.epochSeconds + (strategy === "delay-rotation" ? rotationDelay(world) : 0);
    const checkpoints = Math.floor(world.epochSeconds / world.checkpointSeconds);
    for (let each = 0; each < checkpoints; each++) {
      const fees = Math.floor(
        2 * world.feesPerSecond * world.checkpointSeconds * random.fraction(),
      );
      charged += fees;
      uncollected += fees;
      // Turns go by the checkpoint's number, from a place that nobody chooses.
      const turn = (each + epoch) % validators;
      const isLate = mayBe(turn) && (strategy === "post-late" || strategy === "never-post");
      // Whoever waits for the next checkpoint finds this one posted, if the next in turn waits for less than that.
      const isTaken = isLate && world.failoverSeconds < world.checkpointSeconds;
      if (isLate && !isTaken && strategy === "post-late") {
        isWaiting = true;
        continue;
      }
      // Who has waited races the one whose turn it is now, for the parts of two checkpoints and the gas of one.
      const poster = isLate || (isWaiting && random.chance(0.5)) ? (isLate ? coalition : 0) : turn;
      isWaiting = false;
      const part = Math.floor((uncollected * world.posterPercent) / 100);
      // By stake, whoever sits in the committee: `Stake.reward`.
      const rest = uncollected - part;
      payoff += (rest * coalition) / validators;
      if (mayBe(poster)) payoff += part - world.postCost;
      paid += uncollected;
      uncollected = 0;
    }
    if (strategy === "censor" && isCensored(world)) payoff += world.bribe;
    // Income of the time by which the newcomers are held up, which they would have shared.
    const heldUp = (seconds - world.epochSeconds) * world.feesPerSecond;
    const alone = coalition / validators;
    payoff += heldUp * (alone - coalition / (validators + world.newcomers));
  }
  return { payoff, paid, charged: charged - uncollected };
}

/** A transaction is due when f + 1 lanes have stamped it, and all but f honest ones are as many at the least. */
function isCensored({ validators, coalition }: World): boolean {
  return coalition > faulty(validators);
}

/** A quorum without the coalition goes on, and a leader that says nothing is passed over; else it lasts as it likes. */
function rotationDelay({ validators, coalition, viewSeconds, epochSeconds }: World): number {
  return coalition > faulty(validators) ? epochSeconds : coalition * viewSeconds;
}

function faulty(validators: number): number {
  return Math.floor((validators - 1) / 3);
}

export interface Comparison {
  readonly strategy: Strategy;
  readonly payoff: number;
  /** Over the honest payoff, as a part of it. */
  readonly gain: number;
  readonly pays: boolean;
}

/** What counts as gaining nothing: a part in ten thousand, more than the views of a silent leader are worth. */
export const tolerance = 1e-4;

export function compare(world: World, chance: { seed: number; epochs: number }): Comparison[] {
  const honest = play(world, "honest", chance).payoff;
  return strategies.map((strategy) => {
    const { payoff } = play(world, strategy, chance);
    const gain = (payoff - honest) / Math.abs(honest);
    return { strategy, payoff, gain, pays: gain > tolerance };
  });
}

/** Worlds in which an assumption does not hold, each with the strategy that it makes pay: the model must see it. */
export const broken: readonly {
  readonly name: string;
  readonly world: World;
  readonly pays: Strategy;
}[] = [
  { name: "more than f act as one", world: { ...assumed, coalition: 2 }, pays: "censor" },
  {
    name: "more than f hold up the newcomers",
    world: { ...assumed, coalition: 2, bribe: 0 },
    pays: "delay-rotation",
  },
  {
    name: "nobody steps in for a poster within two checkpoints",
    world: { ...assumed, failoverSeconds: 25 },
    pays: "post-late",
  },
  {
    name: "a poster's part does not pay its gas",
    world: { ...assumed, feesPerSecond: 500 },
    pays: "never-post",
  },
];
