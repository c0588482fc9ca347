import { expect, test } from "vitest";
import type { EngineBatch, SystemMessage } from "../../../rollup/engine/index.ts";
import { News } from "../../../rollup/settlement/index.ts";
import { market } from "../engine/world.ts";

const anchored: SystemMessage = {
  type: "l1-info",
  l1TimeMs: 1,
  anchoredBatch: 1,
  anchoredTimeMs: 1,
};
const price: SystemMessage = { type: "oracle", market, publishTimeMs: 1, reports: [] };

function batch(number: number, ...system: readonly SystemMessage[]): EngineBatch {
  return { number, timeMs: 1, seed: new Uint8Array(32), system, lists: [] };
}

test("a batch of nothing but a proposal's echo is not worth a proposal", () => {
  const news = new News(600, () => 0);
  news.follow(batch(1, price));
  expect(news.isThere()).toBe(true);
  news.hear({ type: "proposed", index: 1, batch: 1 });
  news.follow(batch(2, anchored));
  expect(news.isThere()).toBe(false);
  news.follow(batch(3, anchored, price));
  expect(news.isThere()).toBe(true);
});

test("what somebody else proposed is no news any more", () => {
  const news = new News(600, () => 0);
  news.follow(batch(5, price));
  news.hear({ type: "right", index: 1, batch: 4 });
  expect(news.isThere()).toBe(true);
  news.hear({ type: "right", index: 2, batch: 5 });
  expect(news.isThere()).toBe(false);
});

test("an idle rollup is proposed now and then all the same", () => {
  let seconds = 0;
  const news = new News(600, () => seconds);
  seconds = 599;
  expect(news.isThere()).toBe(false);
  seconds = 600;
  expect(news.isThere()).toBe(true);
  news.hear({ type: "proposed", index: 1, batch: 0 });
  expect(news.isThere()).toBe(false);
});
