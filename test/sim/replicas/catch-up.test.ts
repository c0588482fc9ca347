import { expect, test, vi } from "vitest";
import { Replica, type VoteSignatures } from "../../../consensus/index.ts";
import { Height, ValidatorIndex } from "../../../protocol/index.ts";
import { blstBls } from "../../../sequencer/crypto/index.ts";
import { voteSignatures } from "../../../sequencer/signatures.ts";
import { committee, domain, genesis } from "../../consensus/support.ts";
import { parameters } from "../parameters.ts";
import { Agreement } from "../checkers/agreement.ts";
import { Cluster, type Process } from "../cluster.ts";
import { fairWeather } from "../network.ts";
import { SeededRandom } from "../random.ts";
import { replicaKind, type ReplicaNode, type ToyEffect, type ToyEvent } from "./node.ts";
import { fakeSignatures } from "../signatures.ts";
import { World } from "../world.ts";

// A busy machine takes its time over so many simulated seconds.
vi.setConfig({ testTimeout: 120_000 });

const second = 1_000_000;
const processes = [0, 1, 2, 3].map((id): Process => ({
  id,
  validator: ValidatorIndex(id),
  isHonest: true,
}));
const [, , , last] = processes;
if (last === undefined) throw new Error("there are four");

test("a node that was killed catches up hundreds of heights, and votes again", async () => {
  const { world, cluster, agreement } = await start(fakeSignatures);
  await world.run(second);
  const before = agreement.heightOf(last);
  cluster.crash(last);
  await world.run(20 * second, () => agreement.height >= before + 500);
  expect(agreement.height).toBeGreaterThanOrEqual(before + 500);
  await cluster.start(last);
  await world.run(3 * second, () => agreement.heightOf(last) >= agreement.height - 2);
  expect(agreement.heightOf(last)).toBeGreaterThanOrEqual(agreement.height - 2);
  // With another one down, nothing moves without its votes.
  const [first] = processes;
  if (first !== undefined) cluster.crash(first);
  const { height } = agreement;
  await world.run(5 * second, () => agreement.height > height + 20);
  expect(agreement.height).toBeGreaterThan(height + 20);
});

test("one that joins late, with an empty disk and bad links, gets there as well", async () => {
  const { world, cluster, agreement } = await start(fakeSignatures, processes.slice(0, 3));
  await world.run(20 * second, () => agreement.height >= 300);
  cluster.network.weather = { ...fairWeather, lossRate: 0.1, repeatRate: 0.1 };
  await cluster.start(last);
  await world.run(10 * second, () => agreement.heightOf(last) >= agreement.height - 2);
  expect(agreement.heightOf(last)).toBeGreaterThanOrEqual(agreement.height - 2);
  const node = cluster.node(last) as ReplicaNode | undefined;
  expect(node?.replica.isBroken).toBe(false);
});

test("with real signatures it is the same protocol", async () => {
  const secrets = processes.map(({ id }) => new Uint8Array(32).fill(id + 1));
  const publicKeys = secrets.map((secret) => blstBls.publicKey(secret));
  const { world, agreement } = await start((validator) =>
    voteSignatures(blstBls, secrets[validator] ?? new Uint8Array(32), publicKeys),
  );
  await world.run(2 * second, () => agreement.height >= 20);
  expect(agreement.height).toBeGreaterThanOrEqual(20);
});

/** A cluster on good links with more to order than it can. */
async function start(
  signaturesOf: (validator: ValidatorIndex) => VoteSignatures,
  started = processes,
): Promise<{ world: World; cluster: Cluster<ToyEvent, ToyEffect>; agreement: Agreement }> {
  const world = new World();
  const agreement = new Agreement();
  const optionsOf = ({ validator }: Process): ConstructorParameters<typeof Replica>[1] => ({
    committee,
    index: validator,
    domain,
    origin: { height: Height(0), hash: genesis },
    parameters,
  });
  const cluster = new Cluster<ToyEvent, ToyEffect>(world, new SeededRandom(1), {
    kind: replicaKind(Replica, optionsOf, signaturesOf),
    processes,
    tickInterval: 20_000,
    fsync: { min: 100, max: 2_000 },
    isFatal: () => false,
    downTime: { min: 100 * second, max: 100 * second },
    observe: (observation) => agreement.observe(observation),
  });
  cluster.network.weather = { ...fairWeather, latencyMin: 200, latencyMax: 4_000 };
  for (const process of started) await cluster.start(process);
  let item = 0;
  const submit = (): void => {
    item += 1;
    for (const process of processes)
      cluster.inject(process, (now) => ({ type: "item", now, item, inFull: true }));
    world.after(5_000, submit);
  };
  submit();
  return { world, cluster, agreement };
}
