import { expect, test } from "vitest";
import { Latency } from "../../../rollup/page/browser/latency.ts";
import {
  countdown,
  money,
  percent,
  signed,
  steps,
  toSteps,
} from "../../../rollup/page/browser/numbers.ts";

test("prices and sizes are whole steps, exact however they are typed", () => {
  expect(steps(600_123, "0.1")).toBe("60,012.3");
  expect(steps(-5, "0.001")).toBe("-0.005");
  expect(steps(1_234_567, "1")).toBe("1,234,567");
  expect(toSteps("60,012.3", "0.1")).toBe(600_123);
  // What is between two steps goes down; what is none is none.
  expect(toSteps("60012.39", "0.1")).toBe(600_123);
  expect(toSteps(".005", "0.001")).toBe(5);
  for (const text of ["", ".", "1e3", "abc", "0", "-1", "0.0001", "9".repeat(30)])
    expect(toSteps(text, "0.001"), text).toBeUndefined();
});

test("money keeps its places without a float in between", () => {
  expect(money("123456789012345.678999999999")).toBe("123,456,789,012,345.67");
  expect(money("-0.5")).toBe("-0.50");
  expect(money("7")).toBe("7.00");
  expect(signed("0.0001")).toBe("0.00");
  expect(signed("12.5")).toBe("+12.50");
  expect(percent(-0.0123)).toBe("-1.23 %");
  expect([countdown(59_999), countdown(3_600_000), countdown(-5)]).toEqual([
    "00:59",
    "1:00:00",
    "00:00",
  ]);
});

test("a list's time counts from its click, as filled only if its first batch filled it, and once", () => {
  const latency = new Latency();
  for (let at = 0; at < 100; at++) {
    latency.sent(`list ${at}`, 1_000);
    latency.accepted(5);
    latency.executed(`list ${at}`, 1_000 + at, at % 2);
    latency.executed(`list ${at}`, 9_000, 1);
  }
  latency.executed("another's", 5_000, 1);
  expect(latency.figures("executed")).toEqual({ last: 99, p50: 50, p99: 99, count: 100 });
  expect(latency.figures("filled")).toMatchObject({ count: 50, p50: 51 });
  expect(latency.figures("accepted")).toMatchObject({ count: 100, p99: 5 });
});
