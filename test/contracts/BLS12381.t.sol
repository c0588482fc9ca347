// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS12381, G1} from "../../contracts/BLS12381.sol";
import {Messages} from "../../contracts/Messages.sol";
import {Keys} from "./support/Keys.sol";
import {Test} from "./support/Test.sol";

contract BLS12381Test is Test {
    function test_the_chain_has_the_precompiles() external view {
        assertTrue(BLS12381.isAvailable(), "e(-G, infinity) = 1");
    }

    /// @notice Random messages under suites of every kind of length, hashed by another library.
    function test_messages_hash_to_the_points_of_the_standard() external view {
        string memory json = vm.readFile("test/vectors/hash-to-g2.json");
        for (uint256 i = 0; i < 39; i++) {
            string memory path = string.concat(
                ".cases[", i < 10 ? _digit(i) : string.concat(_digit(i / 10), _digit(i % 10)), "]."
            );
            bytes memory message = vm.parseJsonBytes(json, string.concat(path, "message"));
            bytes memory suite = vm.parseJsonBytes(json, string.concat(path, "suite"));
            bytes memory point = vm.parseJsonBytes(json, string.concat(path, "point"));
            bytes memory hash = Keys.bytesOf(BLS12381.hashToG2(bytes32(message), string(suite)));
            assertEq(keccak256(hash), keccak256(point));
        }
    }

    function test_a_suite_that_is_too_long_is_refused() external {
        vm.expectRevert("");
        this.hashUnder(new string(256));
    }

    function hashUnder(string memory suite) external view {
        BLS12381.hashToG2(0, suite);
    }

    function testFuzz_a_signature_verifies(uint256 seed, bytes32 message) external view {
        uint256 secret = Keys.secretOf(seed, 0);
        assertTrue(
            this.verify(Keys.keyOf(secret), message, Keys.sign(secret, message)), "own key and message"
        );
    }

    function testFuzz_it_verifies_for_no_other_key_message_or_suite(uint256 seed, bytes32 message)
        external
        view
    {
        uint256 secret = Keys.secretOf(seed, 0);
        bytes memory key = Keys.keyOf(secret);
        bytes memory signature = Keys.sign(secret, message);
        bytes memory other = Keys.keyOf(Keys.secretOf(seed, 1));
        assertTrue(!this.verify(other, message, signature), "another key");
        assertTrue(!this.verify(key, keccak256(abi.encode(message)), signature), "another message");
        assertTrue(!this.verify(key, message, Keys.prove(secret, message)), "another suite");
    }

    function testFuzz_a_flipped_bit_is_refused(uint256 seed, uint256 bit) external view {
        uint256 secret = Keys.secretOf(seed, 0);
        bytes memory signature = Keys.sign(secret, bytes32(seed));
        bit = bound(bit, 0, 2047);
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertTrue(!this.verify(Keys.keyOf(secret), bytes32(seed), signature), "a flipped bit");
    }

    function test_signatures_that_are_no_points_are_refused() external view {
        uint256 secret = Keys.secretOf(1, 0);
        bytes memory key = Keys.keyOf(secret);
        bytes memory signature = Keys.sign(secret, 0);
        assertTrue(!this.verify(key, 0, Keys.G2_OUTSIDE), "outside of the subgroup");
        assertTrue(!this.verify(key, 0, new bytes(256)), "infinity");
        assertTrue(!this.verify(key, 0, ""), "nothing");
        assertTrue(!this.verify(key, 0, abi.encodePacked(signature, hex"00")), "a byte too many");
        assertTrue(!this.verify(Keys.unpad(Keys.G1_OUTSIDE), 0, signature), "a key outside of the subgroup");
        key[95] ^= 0x01;
        assertTrue(!this.verify(key, 0, signature), "a key off the curve");
    }

    /// @dev The same residue written as x + p is another encoding of the same point, which would be malleable.
    function test_coordinates_that_are_not_reduced_are_refused() external view {
        bytes memory signature = Keys.sign(1, 0);
        bytes memory key = Keys.keyOf(1);
        assertTrue(this.verify(key, 0, signature), "as it is");
        assembly ("memory-safe") {
            let lo := mload(add(signature, 0x40))
            let sum := add(lo, 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab)
            let hi := add(mload(add(signature, 0x20)), 0x1a0111ea397fe69a4b1ba7b6434bacd7)
            mstore(add(signature, 0x20), add(hi, lt(sum, lo)))
            mstore(add(signature, 0x40), sum)
        }
        assertTrue(!this.verify(key, 0, signature), "x + p");
    }

    function testFuzz_adding_and_negating_follow_the_secrets(uint256 seed) external view {
        uint256 a = Keys.secretOf(seed, 0);
        uint256 b = Keys.secretOf(seed, 1);
        G1 sum = this.loaded(Keys.keyOf(a)) ? _point(Keys.pointOf(a)) : _point("");
        assertTrue(BLS12381.addTo(sum, _point(Keys.pointOf(b))), "a + b");
        assertEq(_hash(sum), keccak256(Keys.pointOf(addmod(a, b, Keys.ORDER))));
        BLS12381.negate(sum);
        assertEq(_hash(sum), keccak256(Keys.pointOf(Keys.ORDER - addmod(a, b, Keys.ORDER))));
        assertTrue(BLS12381.addTo(sum, _point(Keys.pointOf(addmod(a, b, Keys.ORDER)))), "x - x");
        assertTrue(sum.isInfinity(), "x - x = infinity");
    }

    function test_adding_what_is_off_the_curve_fails() external view {
        bytes memory off = Keys.pointOf(1);
        off[127] ^= 0x01;
        assertTrue(!BLS12381.addTo(_point(Keys.pointOf(1)), _point(off)), "off the curve");
    }

    function verify(bytes calldata key, bytes32 message, bytes calldata signature)
        external
        view
        returns (bool)
    {
        return BLS12381.verify(BLS12381.load(key), message, Messages.SIGNATURE_DST, signature);
    }

    /// @notice Whether a key of 96 bytes loads as the point it is.
    function loaded(bytes calldata key) external pure returns (bool) {
        G1 point = BLS12381.load(key);
        bytes32 padded = keccak256(abi.encodePacked(bytes16(0), key[0:48], bytes16(0), key[48:96]));
        return _hash(point) == padded;
    }

    function _digit(uint256 number) private pure returns (string memory) {
        return string(abi.encodePacked(uint8(48 + number)));
    }

    function _point(bytes memory encoded) private pure returns (G1 point) {
        assembly ("memory-safe") {
            point := add(encoded, 0x20)
        }
    }

    function _hash(G1 point) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(point, 0x80)
        }
    }
}
