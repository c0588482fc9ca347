// The page in a real browser, beside a node with a real engine, while something happens. What a person would look at is read
// from the page itself.

import { afterEach, expect, test } from "vitest";
import { toHex } from "../../../sdk/index.ts";
import { House, keyOf, ownerOf } from "../api/house.ts";
import { Browser } from "./browser.ts";
import { MarketDay } from "./market-day.ts";

/** Batches come as fast as on a network. */
const batchMs = 200;

let house: House | undefined;
let browser: Browser | undefined;
let timer: NodeJS.Timeout | undefined;
afterEach(async () => {
  clearInterval(timer);
  await browser?.close();
  await house?.close();
  browser = undefined;
  house = undefined;
});

/** Undefined where no browser is, which was said then. */
async function open(): Promise<{ page: Browser; day: MarketDay } | undefined> {
  const page = await Browser.open({ width: 1_440, height: 900 });
  if (page === undefined) return undefined;
  browser = page;
  house = await House.open();
  const day = new MarketDay(house, 7);
  for (let at = 0; at < 60; at++) day.step();
  timer = setInterval(() => day.step(), batchMs);
  await page.go(house.url);
  await page.until(`document.body.dataset.link === "live"`);
  await page.until(`document.querySelectorAll("#bids .row").length > 5`);
  return { page, day };
}

async function enable(page: Browser): Promise<void> {
  await page.type("#owner-key", toHex(keyOf("alice")));
  await page.click("#use-key");
  await page.click("#enable");
  await page.until(`document.getElementById("place").textContent.startsWith("Buy")`);
}

test("book, trades and candles change with the market, and what stands still does not move", async () => {
  const opened = await open();
  if (opened === undefined) return;
  const { page } = opened;
  const places = `JSON.stringify(["book-panel", "tape-panel", "ticket-panel", "desk-panel"].map((name) => {
    const { x, y, width, height } = document.querySelector("." + name).getBoundingClientRect();
    return [x, y, width, height]; }))`;
  const seen = `JSON.stringify([document.getElementById("bids").textContent,
    document.getElementById("tape").textContent, document.getElementById("link-batch").textContent,
    document.getElementById("chart").toDataURL()])`;
  const where = await page.read<string>(places);
  const before = JSON.parse(await page.read<string>(seen)) as string[];
  await page.until(`(${seen}, JSON.parse(${seen}).every((each, at) =>
    each !== ${JSON.stringify(before)}[at]))`);
  expect(await page.read(places)).toBe(where);
  const best = await page.read<string>(`document.querySelector("#bids .row").dataset.ticks`);
  expect(Math.abs(Number(best) - opened.day.price)).toBeLessThan(3_000);
  expect(await page.text("funding-in")).toMatch(/^\d\d:\d\d$/);
  expect(page.complaints).toEqual([]);
});

test("a trader makes a session key, buys, sees the fill and how long it took, and closes", async () => {
  const opened = await open();
  if (opened === undefined || house === undefined) return;
  const { page } = opened;
  const account = house.world.state.accounts[2];
  await enable(page);
  expect(account?.keys.get(1)?.scopes).toBe(3);
  await page.click("[data-kind='market']");
  await page.type("#size", "0.05");
  await page.click("#place");
  await page.until(
    `/^Filled 0\\.\\d+ in \\d+ ms$/.test(document.getElementById("say").textContent)`,
  );
  const bought = account?.exposures[0]?.lots ?? 0;
  expect(bought).toBeGreaterThan(0);
  await page.until(`document.querySelectorAll("#desk tbody tr").length === 1`);
  for (const stage of ["accepted", "executed", "filled"])
    for (const figure of ["last", "p50", "p99"])
      expect(await page.text(`${stage}-${figure}`), stage).toMatch(/^\d+ ms$/);
  const filledMs = Number.parseInt(await page.text("filled-last"), 10);
  expect(filledMs).toBeGreaterThan(0);
  expect(filledMs).toBeLessThan(5_000);
  await page.click("#desk tbody button");
  await page.until(`document.getElementById("desk").textContent === "No open positions"`);
  expect(account?.exposures[0]?.lots ?? 0).toBe(0);
  expect(page.complaints).toEqual([]);
});

test("an order that rests stands in the ladder as one's own, and is cancelled; one that cannot be says why", async () => {
  const opened = await open();
  if (opened === undefined || house === undefined) return;
  const { page, day } = opened;
  await enable(page);
  clearInterval(timer);
  const ticks = day.price - 50;
  await page.type("#price", `${Math.floor(ticks / 10)}.${ticks % 10}`);
  await page.type("#size", "0.01");
  await page.click("#place");
  await page.until(`document.getElementById("accepted-last").textContent !== "–"`);
  for (let at = 0; at < 3; at++) house.run(day.price);
  await page.until(`document.querySelector(".row.own")`);
  await page.click("#desk-tabs [data-name='orders']");
  await page.click("#desk tbody button");
  await page.until(`document.getElementById("say").textContent === "Sent …"`);
  timer = setInterval(() => house?.run(day.price), batchMs);
  await page.until(`document.getElementById("desk").textContent === "No open orders"`);
  await page.type("#size", "1000");
  await page.click("#place");
  await page.until(
    `document.getElementById("say").textContent.includes("margin does not suffice")`,
  );
});

test("a liquidation is shown, a lost connection too, and the page comes back by itself", async () => {
  const opened = await open();
  if (opened === undefined || house === undefined) return;
  const { page, day } = opened;
  clearInterval(timer);
  day.step(26_000);
  for (let at = 0; at < 12; at++) day.step();
  await page.click("#tape-tabs [data-name='liquidations']");
  await page.until(`/#11 (sold|taken)/.test(document.getElementById("tape").textContent)`);
  const port = Number(new URL(house.url).port);
  await house.close();
  await page.until(`document.body.dataset.link === "lost"`);
  house = await House.open({ port });
  await page.until(`document.body.dataset.link === "live"`);
  await page.until(`document.getElementById("book-empty").hidden === false`);
});

test("a new key is told what it lacks, until its deposit is there", async () => {
  const opened = await open();
  if (opened === undefined || house === undefined) return;
  const { page } = opened;
  await page.type("#owner-key", "not a key");
  await page.click("#use-key");
  await page.type("#owner-key", toHex(keyOf("carol")));
  await page.click("#use-key");
  await page.until(`document.getElementById("wallet").textContent.includes("No account yet")`);
  const address = `0x${toHex(ownerOf("carol"))}`;
  expect(await page.text("wallet")).toContain(address);
  house.deposit("carol", 50);
  await page.until(`document.getElementById("enable")`);
  await page.until(`document.getElementById("equity").textContent === "50.00 USDC"`);
});
