import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { Book } from "./book.ts";

const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);

function openBook(): Book {
  const book = new Book(2);
  book.bring(first, 0);
  book.bring(second, 1);
  return book;
}

test("what enough honest validators have signed for is a promise until it is delivered", () => {
  const book = openBook();
  book.take(first, 2);
  expect(book).toMatchObject({ count: 2, promised: 1, outstanding: 1 });
  book.deliver(toHex(first));
  expect(book).toMatchObject({ count: 2, promised: 1, outstanding: 0 });
});

test("what too few have signed for is none, and is delivered all the same", () => {
  const book = openBook();
  book.take(first, 1);
  book.deliver(toHex(first));
  expect(book).toMatchObject({ promised: 0, outstanding: 0 });
  expect(book.latencies()).toHaveLength(1);
});

test("what is delivered before its receipts are here, or twice, is counted once", () => {
  const book = openBook();
  book.deliver(toHex(second));
  book.deliver(toHex(second));
  book.take(second, 3);
  expect(book).toMatchObject({ promised: 1, outstanding: 0 });
  expect(book.latencies()).toHaveLength(1);
});

test("the checks hear of everything that was brought", () => {
  const book = openBook();
  book.take(second, 2);
  book.deliver("ff");
  expect(book.brought()).toEqual([
    { id: toHex(first), namespace: 0, receipts: 0 },
    { id: toHex(second), namespace: 1, receipts: 2 },
  ]);
});
