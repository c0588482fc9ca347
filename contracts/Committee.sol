// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {BLS12381, G1} from "./BLS12381.sol";
import {IHub} from "./interfaces/IHub.sol";

/// @title A committee as one hash
/// @notice The chain keeps only keccak256(head). A poster brings the head, and an entry for every ABSENT member:
///
///   head   apk 96 | total weight 8 | members 2 | root 32        the sum of all keys, and a tree over the members
///   leaf   keccak256(key 96 | weight 8), levels padded with zero to the next even width, a width of 1 is the root
///   entry  index 1 | key 96 | weight 8 | sibling 32 ...         in strictly increasing order of the index
///
/// so a checkpoint costs the same for every size of committee, plus a little for each member that is missing.
library Committee {
    uint256 internal constant MEMBERS_MAX = 256;
    uint256 private constant RECORD_BYTES = 104;
    uint256 private constant HEAD_BYTES = 138;

    /// @notice The head for members given as records of key 96 | weight 8, in their order. Its hash is the committee.
    /// @dev Keys must have proven possession: only then is the sum of keys safe to verify against.
    function headOf(bytes memory records) internal view returns (bytes memory) {
        uint256 count = records.length / RECORD_BYTES;
        if (count == 0 || count > MEMBERS_MAX || records.length % RECORD_BYTES != 0) {
            revert IHub.BadCommittee();
        }
        bytes32[] memory level = new bytes32[](count);
        uint256 total;
        G1 sum = G1.wrap(_allocate());
        G1 key = G1.wrap(_allocate());
        for (uint256 i = 0; i < count; i++) {
            uint256 weight;
            bytes32 leaf;
            assembly ("memory-safe") {
                let record := add(add(records, 0x20), mul(i, RECORD_BYTES))
                leaf := keccak256(record, RECORD_BYTES)
                mcopy(add(key, 0x10), record, 48)
                mcopy(add(key, 0x50), add(record, 48), 48)
                weight := shr(192, mload(add(record, 96)))
            }
            level[i] = leaf;
            total += weight;
            if (weight == 0 || !BLS12381.addTo(sum, key)) revert IHub.BadCommittee();
        }
        if (sum.isInfinity() || total > type(uint64).max) revert IHub.BadCommittee();
        return abi.encodePacked(_unpad(sum), uint64(total), uint16(count), _rootOf(level));
    }

    /// @notice The key and the weight of everyone in the committee but those that `absent` lists.
    /// @dev Reverts where head or entries are not the committee's. `absent` is read to its last byte: bytes that are not
    /// looked at would let a third party change a transaction without changing its meaning.
    function signers(bytes32 committee, bytes calldata head, bytes calldata absent)
        internal
        view
        returns (G1 key, uint256 weight, uint256 total)
    {
        if (head.length != HEAD_BYTES || keccak256(head) != committee) revert IHub.BadCommittee();
        key = BLS12381.load(head);
        total = uint64(bytes8(head[96:104]));
        weight = total;
        if (absent.length != 0) {
            uint256 members = uint16(bytes2(head[104:106]));
            weight -= _leaveOut(key, bytes32(head[106:138]), members, absent);
        }
        if (key.isInfinity()) revert IHub.BadSigners();
    }

    /// @dev Subtracts every listed key from `key`, and returns the weight that they have together.
    function _leaveOut(G1 key, bytes32 root, uint256 members, bytes calldata absent)
        private
        view
        returns (uint256 weight)
    {
        uint256 depth = _depthOf(members);
        uint256 size = 1 + RECORD_BYTES + 32 * depth;
        if (absent.length % size != 0) revert IHub.BadSigners();
        uint256 least = 0;
        for (uint256 start = 0; start < absent.length; start += size) {
            bytes calldata entry = absent[start:start + size];
            uint256 index = uint8(entry[0]);
            if (index < least || index >= members) revert IHub.BadSigners();
            least = index + 1;
            // The tree first: only keys of the committee, which have all been through a pairing, are worth adding.
            if (_climb(entry, index) != root) revert IHub.BadSigners();
            G1 term = BLS12381.load(entry[1:97]);
            BLS12381.negate(term);
            if (!BLS12381.addTo(key, term)) revert IHub.BadSigners();
            weight += uint64(bytes8(entry[97:105]));
        }
    }

    /// @dev The root that an entry leads to: its record hashed with one sibling after the other, left or right by the
    /// bits of the index.
    function _climb(bytes calldata entry, uint256 index) private pure returns (bytes32 node) {
        node = keccak256(entry[1:1 + RECORD_BYTES]);
        assembly ("memory-safe") {
            let end := add(entry.offset, entry.length)
            for { let next := add(entry.offset, 105) } lt(next, end) { next := add(next, 0x20) } {
                let side := shl(5, and(index, 1))
                mstore(side, node)
                mstore(xor(side, 0x20), calldataload(next))
                node := keccak256(0x00, 0x40)
                index := shr(1, index)
            }
        }
    }

    /// @dev Levels above the leaves: the smallest depth whose tree holds `members`.
    function _depthOf(uint256 members) private pure returns (uint256 depth) {
        while (1 << depth < members) depth++;
    }

    function _rootOf(bytes32[] memory level) private pure returns (bytes32) {
        uint256 width = level.length;
        while (width > 1) {
            uint256 parents = (width + 1) / 2;
            for (uint256 i = 0; i < parents; i++) {
                bytes32 right = 2 * i + 1 < width ? level[2 * i + 1] : bytes32(0);
                level[i] = Hashes.efficientKeccak256(level[2 * i], right);
            }
            width = parents;
        }
        return level[0];
    }

    /// @dev 128 bytes of zeros: infinity.
    function _allocate() private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
            calldatacopy(pointer, calldatasize(), 0x80)
            mstore(0x40, add(pointer, 0x80))
        }
    }

    function _unpad(G1 point) private pure returns (bytes memory key) {
        key = new bytes(96);
        assembly ("memory-safe") {
            mcopy(add(key, 0x20), add(point, 0x10), 48)
            mcopy(add(key, 0x50), add(point, 0x50), 48)
        }
    }
}
