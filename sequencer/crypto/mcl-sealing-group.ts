import mcl from "mcl-wasm";
import { assert } from "../../base/index.ts";
import { nobleSealingGroup, type SealingGroup } from "../../crypto/index.ts";

type G1 = mcl.G1;
type G2 = mcl.G2;
type Fr = mcl.Fr;

let group: Promise<SealingGroup> | undefined;

/** Sealing in WebAssembly, ten times faster than in JavaScript. The library is one instance with global settings, which
 * a second initialization would reset: every call on a thread gets the same group. */
export function createMclSealingGroup(): Promise<SealingGroup> {
  group ??= initialize();
  return group;
}

async function initialize(): Promise<SealingGroup> {
  await mcl.init(mcl.BLS12_381);
  mcl.setETHserialization(true);
  // Decoding checks the curve alone, and the order is checked by name where it matters: it costs four times as much,
  // and a setting that is switched back and forth would one day be in the wrong place.
  mcl.verifyOrderG1(false);
  mcl.verifyOrderG2(false);
  return createGroup();
}

function createGroup(): SealingGroup {
  const one = new Uint8Array(32);
  one[31] = 1;
  const g1 = readG1(nobleSealingGroup.multiplyG1(one));
  const g2 = readG2(nobleSealingGroup.multiplyG2(one));
  assert(g1 !== undefined && g2 !== undefined, "the generators are points");
  // Lives outside the collected heap, for as long as the process does.
  const negatedG2 = new mcl.PrecomputedG2(mcl.neg(g2));

  return {
    isValidG1(point) {
      return decodeG1(point) !== undefined;
    },
    isValidG2(point) {
      return decodeG2(point) !== undefined;
    },
    multiplyG1(secret) {
      return withSecret(secret, (scalar) => multiplySecretG1(g1, scalar).serialize());
    },
    multiplyG2(secret) {
      return withSecret(secret, (scalar) => multiplySecretG2(g2, scalar).serialize());
    },
    multiply(secret, point) {
      const base = decodeG1(point);
      assert(base !== undefined, "a secret multiplies valid points only");
      return withSecret(secret, (scalar) => multiplySecretG1(base, scalar).serialize());
    },
    sealingPoints({ secret, nonce, key }) {
      const base = decodeG1(key);
      assert(base !== undefined, "a secret multiplies valid points only");
      const products = withSecret(secret, (r) =>
        withSecret(nonce, (k) => [
          multiplySecretG1(g1, r),
          multiplySecretG1(g1, k),
          multiplySecretG1(base, r),
        ]),
      );
      const [point = one, commitment = one, opening = one] = normalizeAll(products).map((each) =>
        each.serialize(),
      );
      return { point, commitment, opening };
    },
    multiplyAll(secret, points) {
      const bases = decodeAll(points, decodeG1);
      assert(bases !== undefined, "a secret multiplies valid points only");
      return withSecret(secret, (scalar) =>
        normalizeAll(bases.map((base) => multiplySecretG1(base, scalar))).map(toAffine),
      );
    },
    proofCommitment({ point, challenge, response }) {
      const base = decodeG1(point);
      if (base === undefined) return undefined;
      return mcl.mulVec([g1, base], [toFr(response), mcl.neg(toFr(challenge))]).serialize();
    },
    combine(coefficients, rows) {
      const scalars = coefficients.map(toFr);
      const decoded = rows.map((row) => decodeAll(row, readAffine));
      const points = decoded.filter((row) => row !== undefined);
      if (points.length < rows.length) return undefined;
      const sums = (points[0] ?? []).map((_, column) =>
        mcl.mulVec(
          points.map((row) => row[column] ?? new mcl.G1()),
          scalars,
        ),
      );
      return normalizeAll(sums).map((sum) => sum.serialize());
    },
    areMultiples({ factor, points, multiples, weights }) {
      const key = decodeG2(factor);
      const left = decodeAll(points, readG1);
      const right = decodeAll(multiples, decodeMultiple);
      if (key === undefined || left === undefined || right === undefined) return false;
      const scalars = weights.map(toWeight);
      const weightedPoints = weighedSum(left, scalars);
      const weightedMultiples = weighedSum(right, scalars);
      const product = mcl.precomputedMillerLoop2mixed(
        weightedPoints,
        key,
        weightedMultiples,
        negatedG2,
      );
      return mcl.finalExp(product).isOne();
    },
    evaluateG2(points, at) {
      const coefficients = readOwnG2(points);
      return normalizeAll(at.map((x) => evaluate(coefficients, x))).map((value) =>
        value.serialize(),
      );
    },
    combineG2(coefficients, rows) {
      const scalars = coefficients.map(toFr);
      const points = rows.map(readOwnG2);
      const sums = (points[0] ?? []).map((_, column) =>
        mcl.mulVec(
          points.map((row) => row[column] ?? new mcl.G2()),
          scalars,
        ),
      );
      return normalizeAll(sums).map((sum) => sum.serialize());
    },
    sumG1(points) {
      const decoded = decodeAll(points, decodeG1);
      assert(decoded !== undefined, "only valid points are summed");
      return decoded.reduce((sum, point) => mcl.add(sum, point), new mcl.G1()).serialize();
    },
  };
}

/** Horner's rule. The factor is a seat, so that doubling and adding costs a fiftieth of a multiplication by a scalar. */
function evaluate(coefficients: readonly G2[], at: number): G2 {
  return coefficients.reduceRight(
    (value, coefficient) => mcl.add(multiplyBySeat(value, at), coefficient),
    new mcl.G2(),
  );
}

function multiplyBySeat(point: G2, seat: number): G2 {
  let product = new mcl.G2();
  for (let bit = 31 - Math.clz32(seat); bit >= 0; bit--) {
    product = mcl.dbl(product);
    if (((seat >>> bit) & 1) === 1) product = mcl.add(product, point);
  }
  return product;
}

// Decoding. `read` stops at the curve; `decode` is strict: in the subgroup, and not the identity.

function readG1(bytes: Uint8Array): G1 | undefined {
  if (bytes.length !== 48) return undefined;
  const point = new mcl.G1();
  return deserialize(point, bytes) ? point : undefined;
}

function readG2(bytes: Uint8Array): G2 | undefined {
  if (bytes.length !== 96) return undefined;
  const point = new mcl.G2();
  return deserialize(point, bytes) ? point : undefined;
}

/** From 96 bytes `x || y`, which cannot spell the identity. */
function readAffine(bytes: Uint8Array): G1 | undefined {
  if (bytes.length !== 96) return undefined;
  const [x, y, z] = [new mcl.Fp(), new mcl.Fp(), new mcl.Fp()];
  if (!deserialize(x, bytes.subarray(0, 48)) || !deserialize(y, bytes.subarray(48)))
    return undefined;
  z.setInt(1);
  const point = new mcl.G1();
  point.setX(x);
  point.setY(y);
  point.setZ(z);
  return point.isValid() ? point : undefined;
}

function decodeG1(bytes: Uint8Array): G1 | undefined {
  const point = readG1(bytes);
  return point?.isValidOrder() && !point.isZero() ? point : undefined;
}

function decodeG2(bytes: Uint8Array): G2 | undefined {
  const point = readG2(bytes);
  return point?.isValidOrder() && !point.isZero() ? point : undefined;
}

/** What this node has checked or computed itself: the order is not checked again, and the identity may be among them. */
function readOwnG2(encodings: readonly Uint8Array[]): G2[] {
  const points = decodeAll(encodings, readG2);
  assert(points !== undefined, "only valid points are added up");
  return points;
}

function decodeMultiple(bytes: Uint8Array): G1 | undefined {
  if (bytes.length === 48) return decodeG1(bytes);
  const point = readAffine(bytes);
  return point?.isValidOrder() ? point : undefined;
}

/** Undefined when one does not decode. */
function decodeAll<Point>(
  encodings: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => Point | undefined,
): Point[] | undefined {
  const points = encodings.map(decode).filter((point) => point !== undefined);
  return points.length < encodings.length ? undefined : points;
}

// The library answers bad bytes by throwing; here they are an ordinary answer.
function deserialize(value: mcl.G1 | mcl.G2 | mcl.Fp, bytes: Uint8Array): boolean {
  try {
    value.deserialize(bytes);
    return true;
  } catch {
    return false;
  }
}

function toAffine(normalized: G1): Uint8Array {
  const affine = new Uint8Array(96);
  affine.set(normalized.getX().serialize());
  affine.set(normalized.getY().serialize(), 48);
  return affine;
}

function toFr(bytes: Uint8Array): Fr {
  const scalar = new mcl.Fr();
  scalar.deserialize(bytes);
  return scalar;
}

function toWeight(bytes: Uint8Array): Fr {
  const padded = new Uint8Array(32);
  padded.set(bytes, 16);
  return toFr(padded);
}

// Sums and normalizations go through a stack of about a megabyte inside WebAssembly, 320 bytes a point at most.
const pointsPerCall = 1024;

function weighedSum(points: readonly G1[], weights: readonly Fr[]): G1 {
  let sum = new mcl.G1();
  for (let i = 0; i < points.length; i += pointsPerCall) {
    const end = i + pointsPerCall;
    sum = mcl.add(sum, mcl.mulVec(points.slice(i, end), weights.slice(i, end)));
  }
  return sum;
}

/** One inversion for many: without it every serialization does its own. */
function normalizeAll<Point extends G1 | G2>(points: Point[]): Point[] {
  for (let i = 0; i < points.length; i += pointsPerCall)
    mcl.normalizeVec(points.slice(i, i + pointsPerCall));
  return points;
}

// Constant-time multiplication, which the library has but does not name in its types. Its ordinary one takes a time
// that depends on the scalar.

interface Internals {
  callOp2(
    operation: (z: number, x: number, y: number) => void,
    z: Uint32Array,
    x: Uint32Array,
    y: Uint32Array,
  ): void;
  readonly _mclBnG1_mulCT: (z: number, x: number, y: number) => void;
  readonly _mclBnG2_mulCT: (z: number, x: number, y: number) => void;
}

function multiplySecretG1(point: G1, scalar: Fr): G1 {
  const internals = getInternals();
  const result = new mcl.G1();
  internals.callOp2(internals._mclBnG1_mulCT, words(result), words(point), words(scalar));
  return result;
}

function multiplySecretG2(point: G2, scalar: Fr): G2 {
  const internals = getInternals();
  const result = new mcl.G2();
  internals.callOp2(internals._mclBnG2_mulCT, words(result), words(point), words(scalar));
  return result;
}

function getInternals(): Internals {
  return (mcl as unknown as { readonly mod: Internals }).mod;
}

function words(value: G1 | G2 | Fr): Uint32Array {
  return (value as unknown as { readonly a_: Uint32Array }).a_;
}

/** Runs with the secret as the library has it, and wipes that copy. */
function withSecret<T>(secret: Uint8Array, use: (scalar: Fr) => T): T {
  const scalar = toFr(secret);
  assert(!scalar.isZero(), "a secret is a scalar other than zero");
  try {
    return use(scalar);
  } finally {
    scalar.clear();
  }
}
