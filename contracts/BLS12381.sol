// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A point of G1: the memory address of its 128 EIP-2537 bytes, x | y, each padded to 64. Infinity is all zeros.
type G1 is uint256;

/// @notice A point of G2: the memory address of its 256 EIP-2537 bytes, x.c0 | x.c1 | y.c0 | y.c1, each padded to 64.
type G2 is uint256;

using {isInfinity} for G1 global;

function isInfinity(G1 point) pure returns (bool zero) {
    assembly ("memory-safe") {
        zero := iszero(
            or(
                or(mload(point), mload(add(point, 0x20))),
                or(mload(add(point, 0x40)), mload(add(point, 0x60)))
            )
        )
    }
}

/// @title BLS signatures over BLS12-381, keys in G1 and signatures in G2, by the precompiles of EIP-2537
/// @notice hashToG2 is BLS12381G2_XMD:SHA-256_SSWU_RO of RFC 9380, byte for byte.
/// @dev Three habits of the precompiles shape this library. Where they do not exist a call SUCCEEDS with empty output, so
/// the size of what came back is checked; what they refuse burns all gas forwarded, so calls with input that somebody
/// chose forward a constant; and additions do not check the subgroup, so keys reach `addTo` only after a pairing did.
library BLS12381 {
    uint256 private constant SHA256 = 0x02;
    uint256 private constant MODEXP = 0x05;
    uint256 private constant G1ADD = 0x0b;
    uint256 private constant G2ADD = 0x0d;
    uint256 private constant PAIRING = 0x0f;
    uint256 private constant MAP_FP2_TO_G2 = 0x11;

    /// @dev About three times today's price: room for repricing, yet a bad signature cannot burn a whole block.
    uint256 private constant PAIRING_GAS_MAX = 300_000;
    uint256 private constant G1ADD_GAS_MAX = 5_000;

    /// @dev The field's modulus, and the negated generator of G1, each coordinate as its upper 16 and lower 32 bytes.
    uint256 private constant P_HI = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LO = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    uint256 private constant NEG_G_X_HI = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant NEG_G_X_LO = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant NEG_G_Y_HI = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant NEG_G_Y_LO = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

    uint256 internal constant KEY_BYTES = 96;
    uint256 internal constant SIGNATURE_BYTES = 256;

    /// @notice Whether `signature` (256 EIP-2537 bytes) is `key`'s over `message`, hashed under `dst`.
    /// @dev e(key, H(m)) * e(-G, signature) = 1. The pairing refuses what is off the curve or outside the subgroup; that
    /// `key` is not infinity is for the caller to know, as infinity "signs" everything with infinity.
    function verify(G1 key, bytes32 message, string memory dst, bytes calldata signature)
        internal
        view
        returns (bool valid)
    {
        return _isSignedBy(key, hashToG2(message, dst), signature);
    }

    /// @notice Whether `signature` is the sum of `key`'s signatures over both messages. Nobody can make the sum without the
    /// key but from the two, so that one pairing shows that both were signed.
    function verifyBoth(G1 key, bytes32[2] memory messages, string memory dst, bytes calldata signature)
        internal
        view
        returns (bool valid)
    {
        G2 sum = hashToG2(messages[0], dst);
        _addTo(sum, hashToG2(messages[1], dst));
        return _isSignedBy(key, sum, signature);
    }

    function _isSignedBy(G1 key, G2 hash, bytes calldata signature) private view returns (bool valid) {
        if (signature.length != SIGNATURE_BYTES) return false;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mcopy(input, key, 0x80)
            mcopy(add(input, 0x80), hash, 0x100)
            mstore(add(input, 0x180), NEG_G_X_HI)
            mstore(add(input, 0x1a0), NEG_G_X_LO)
            mstore(add(input, 0x1c0), NEG_G_Y_HI)
            mstore(add(input, 0x1e0), NEG_G_Y_LO)
            calldatacopy(add(input, 0x200), signature.offset, 0x100)
            let ok := staticcall(PAIRING_GAS_MAX, PAIRING, input, 0x300, 0x00, 0x20)
            valid := and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
        }
    }

    /// @notice Whether this chain has the precompiles: e(-G, infinity) = 1.
    function isAvailable() internal view returns (bool available) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, NEG_G_X_HI)
            mstore(add(input, 0x20), NEG_G_X_LO)
            mstore(add(input, 0x40), NEG_G_Y_HI)
            mstore(add(input, 0x60), NEG_G_Y_LO)
            // What lies past the calldata reads as zeros, and 256 of them are infinity.
            calldatacopy(add(input, 0x80), calldatasize(), 0x100)
            let ok := staticcall(PAIRING_GAS_MAX, PAIRING, input, 0x180, 0x00, 0x20)
            available := and(and(ok, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
        }
    }

    /// @notice RFC 9380 hash_to_curve of a 32-byte message. `dst` has at most 255 bytes.
    function hashToG2(bytes32 message, string memory dst) internal view returns (G2 point) {
        assembly ("memory-safe") {
            function need(ok) {
                if iszero(ok) { revert(0, 0) }
            }
            let size := mload(dst)
            need(lt(size, 256))

            // expand_message_xmd. One buffer serves all nine hashes, for all of them end in dst | size:
            // b0 = H(64 zeros | message | 0x0100 | 0x00 | dst | size),  bi = H(b0 ^ b(i-1) | i | dst | size).
            let xmd := mload(0x40)
            calldatacopy(xmd, calldatasize(), 0x40)
            mstore(add(xmd, 64), message)
            mstore(add(xmd, 96), shl(248, 1))
            mcopy(add(xmd, 99), add(dst, 0x20), size)
            mstore8(add(add(xmd, 99), size), size)

            // MODEXP with exponent 1 reduces 64 bytes modulo p: sizes 64, 1, 64 | base | exponent | p.
            let reduce := add(xmd, 0x180)
            mstore(reduce, 64)
            mstore(add(reduce, 32), 1)
            mstore(add(reduce, 64), 64)
            mstore8(add(reduce, 160), 1)
            mstore(add(reduce, 161), P_HI)
            mstore(add(reduce, 193), P_LO)

            // Two elements of Fp2, the two points they map to, and the sum.
            let field := add(reduce, 0x100)
            let mapped := add(field, 0x100)
            point := add(mapped, 0x200)
            mstore(0x40, add(point, 0x100))

            need(staticcall(gas(), SHA256, xmd, add(100, size), 0x00, 0x20))
            let b0 := mload(0x00)
            let previous := 0
            for { let i := 1 } lt(i, 9) { i := add(i, 1) } {
                mstore(add(xmd, 66), xor(b0, previous))
                mstore8(add(xmd, 98), i)
                let to := add(add(reduce, 96), mul(0x20, iszero(and(i, 1))))
                need(staticcall(gas(), SHA256, add(xmd, 66), add(34, size), to, 0x20))
                previous := mload(to)
                if iszero(and(i, 1)) {
                    need(staticcall(gas(), MODEXP, reduce, 225, add(field, mul(0x20, sub(i, 2))), 64))
                }
            }
            need(staticcall(gas(), MAP_FP2_TO_G2, field, 0x80, mapped, 0x100))
            need(staticcall(gas(), MAP_FP2_TO_G2, add(field, 0x80), 0x80, add(mapped, 0x100), 0x100))
            need(staticcall(gas(), G2ADD, mapped, 0x200, point, 0x100))
            need(eq(returndatasize(), 0x100))
        }
    }

    /// @notice A key of 96 bytes, x | y without padding, as a point. What lies behind `key` is not checked.
    function load(bytes calldata key) internal pure returns (G1 point) {
        assembly ("memory-safe") {
            point := mload(0x40)
            mstore(0x40, add(point, 0x80))
            mstore(point, 0)
            mstore(add(point, 0x40), 0)
            calldatacopy(add(point, 0x10), key.offset, 48)
            calldatacopy(add(point, 0x50), add(key.offset, 48), 48)
        }
    }

    /// @notice -point, in place. The point is not infinity, and its y is below p.
    function negate(G1 point) internal pure {
        assembly ("memory-safe") {
            let hi := mload(add(point, 0x40))
            let lo := mload(add(point, 0x60))
            mstore(add(point, 0x40), sub(sub(P_HI, hi), gt(lo, P_LO)))
            mstore(add(point, 0x60), sub(P_LO, lo))
        }
    }

    /// @notice sum += term, in place. False if one of them is not on the curve.
    function addTo(G1 sum, G1 term) internal view returns (bool ok) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mcopy(input, sum, 0x80)
            mcopy(add(input, 0x80), term, 0x80)
            ok := staticcall(G1ADD_GAS_MAX, G1ADD, input, 0x100, sum, 0x80)
            ok := and(ok, eq(returndatasize(), 0x80))
        }
    }

    /// @dev sum += term, in place; both are hashes, hence on the curve.
    function _addTo(G2 sum, G2 term) private view {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mcopy(input, sum, 0x100)
            mcopy(add(input, 0x100), term, 0x100)
            let ok := staticcall(gas(), G2ADD, input, 0x200, sum, 0x100)
            if iszero(and(ok, eq(returndatasize(), 0x100))) { revert(0, 0) }
        }
    }
}
