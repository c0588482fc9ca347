import { expect, test } from "vitest";
import {
  type DeliveredBlock,
  type DeliveredPage,
  Height,
  limits,
  Namespace,
} from "../../../protocol/index.ts";
import { pageBytesMax } from "../../../sequencer/api/limits.ts";
import { readPage } from "../../../sequencer/api/pages.ts";
import { Chain, sealed } from "../../sdk/chain.ts";
import { MemoryGateway } from "./memory-gateway.ts";

const namespace = Namespace(0);

test("blocks that together exceed a page are split over several, down to one by one", async () => {
  const gateway = await fullBlocks(6);
  let next = Height(1);
  const lengths: number[] = [];
  while (next <= 6) {
    const page = await readPage(gateway, { namespace, from: next, limit: 64 });
    expect(page?.bytes.length).toBeLessThanOrEqual(pageBytesMax);
    lengths.push((page?.next ?? 0) - next);
    next = page?.next ?? Height(7);
  }
  expect(next).toBe(7);
  expect(Math.min(...lengths)).toBeGreaterThan(1);
});

test("a gateway that always answers with more than was asked does not hold the node up", async () => {
  const gateway = await fullBlocks(6);
  const page = gateway.page.bind(gateway);
  const asked: number[] = [];
  gateway.page = (of, from, limit) => {
    asked.push(limit);
    return page(of, from, 64);
  };
  const answer = await readPage(gateway, { namespace, from: Height(1), limit: 64 });
  expect(answer?.next).toBe(7);
  expect(asked.at(-1)).toBe(1);
  expect(asked.length).toBeLessThanOrEqual(7);
});

test("beyond the tip there is nothing, at once", async () => {
  const gateway = new MemoryGateway(new Chain());
  expect(await readPage(gateway, { namespace, from: Height(1), limit: 1 })).toBeUndefined();
});

/** Blocks of one full megabyte each, of which nobody checks the contents. */
async function fullBlocks(height: number): Promise<MemoryGateway> {
  const chain = new Chain();
  const transaction = await sealed("x");
  while (chain.height < height) chain.add({ transactions: [transaction] });
  const gateway = new MemoryGateway(chain);
  const page = gateway.page.bind(gateway);
  const body = new Uint8Array(limits.transactionBodyBytesMax);
  const full = { transaction: { ...transaction, body }, opening: new Uint8Array(48) };
  const transactions = Array.from({ length: 64 }, () => full);
  const fill = (block: DeliveredBlock): DeliveredBlock => ({ ...block, transactions });
  gateway.page = async (...args): Promise<DeliveredPage | undefined> => {
    const small = await page(...args);
    return small && { ...small, blocks: small.blocks.map(fill) };
  };
  return gateway;
}
