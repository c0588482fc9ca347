// Any mixture of submissions, lost messages, blocks by any leader, and kills at any point.

import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, toHex } from "../../base/index.ts";
import { spaces, transactionId } from "../../protocol/index.ts";
import { Cluster, delta, idsOf, parameters, transactionOf } from "./cluster.ts";

const seats = 4;
const validator = fc.nat(seats - 1);

const events = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant("submit" as const), to: validator }) },
    {
      weight: 6,
      arbitrary: fc.record({ type: fc.constant("pass" as const), flushes: fc.nat(30) }),
    },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("block" as const), leader: validator }) },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("kill" as const),
        who: validator,
        losesLanes: fc.boolean(),
      }),
    },
  ),
  { maxLength: 40 },
);

test("validators agree on every block, and order all that they gave a receipt for, over losses and kills", () => {
  fc.assert(
    fc.property(events, fc.infiniteStream(fc.nat(9)), fc.nat(5), (history, dice, losses) => {
      const cluster = new Cluster(seats);
      const ordered: string[] = [];
      const promised = new Map<string, { readonly to: number; readonly nonce: number }>();
      const lossy: Cluster["wire"] = ({ message }) =>
        (dice.next().value ?? 9) < losses ? undefined : message;
      const safely = (work: () => void): void => {
        cluster.wire = ({ message }) => message;
        work();
        cluster.wire = lossy;
      };
      cluster.wire = lossy;
      for (const [nonce, event] of history.entries()) {
        switch (event.type) {
          case "submit": {
            const transaction = transactionOf(nonce);
            const answer = cluster.submit(event.to, transaction);
            expect(answer).toHaveProperty("receipt");
            promised.set(toHex(transactionId(transaction)), { to: event.to, nonce });
            break;
          }
          case "pass":
            cluster.pass(event.flushes * parameters.laneFlush);
            break;
          case "block":
            safely(() => ordered.push(...idsOf(cluster.block(event.leader))));
            break;
          case "kill":
            safely(() =>
              cluster.restart(event.who, (space) => event.losesLanes && space === spaces.lane),
            );
            break;
        }
      }
      cluster.wire = ({ message }) => message;
      const settle = (): void => {
        cluster.pass(2 * parameters.laneHeartbeat + 2 * delta);
        for (let i = 0; i < 3; i++) {
          ordered.push(...idsOf(cluster.block(i)));
          cluster.pass(parameters.laneHeartbeat);
        }
      };
      settle();
      // One receipt is no promise: the others give up asking for what only one lane names. A second one makes it f + 1.
      const missing = [...promised].filter(([id]) => !ordered.includes(id));
      if (losses === 0) expect(missing).toEqual([]);
      for (const [, { to, nonce }] of missing)
        expect(cluster.submit((to + 1) % seats, transactionOf(nonce))).toHaveProperty("receipt");
      if (missing.length > 0) settle();
      expect(new Set(ordered).size).toBe(ordered.length);
      expect(ordered.toSorted()).toEqual([...promised.keys()].toSorted());
      expect(cluster.faults).toEqual([]);
      const snapshots = cluster.nodes.map(({ mempool }) =>
        toHex(concatBytes(...mempool.snapshot())),
      );
      expect(new Set(snapshots).size).toBe(1);
      expect(cluster.at(0).hasWork(cluster.tip)).toBe(false);
    }),
    { numRuns: 60 },
  );
}, 60_000);
