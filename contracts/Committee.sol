// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {BLS12381, G1} from "./BLS12381.sol";
import {IHub} from "./interfaces/IHub.sol";

/// @title A committee as one hash
/// @notice The chain keeps only keccak256(head). A poster brings the head, and the ABSENT members with their place in it:
///
///   head    apk 96 | total weight 8 | members 2 | root 32       the sum of all keys, and a tree over the members
///   leaf    keccak256(key 96 | weight 8), levels padded with zero to the next even width, a width of 1 is the root
///   absent  count 1 | entry ... | sibling 32 ...                nothing at all when nobody is
///   entry   index 1 | key 96 | weight 8                         in strictly increasing order of the index
///
/// so a checkpoint costs the same for every size of committee, plus a little for each member that is missing. The absent
/// climb to the root together, level by level: a node whose neighbour climbs as well needs no sibling, and siblings stand
/// in the order in which they are needed. That is two thirds fewer hashes to bring for a third of a large committee.
library Committee {
    uint256 internal constant MEMBERS_MAX = 256;
    uint256 private constant RECORD_BYTES = 104;
    uint256 private constant ENTRY_BYTES = 105;
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
        // The head's length is known: what every checkpoint pays for need not be measured again for each part.
        uint256 members;
        bytes32 root;
        assembly ("memory-safe") {
            total := shr(192, calldataload(add(head.offset, 96)))
            members := shr(240, calldataload(add(head.offset, 104)))
            root := calldataload(add(head.offset, 106))
        }
        weight = total;
        if (absent.length != 0) weight -= _leaveOut(key, root, members, absent);
        if (key.isInfinity()) revert IHub.BadSigners();
    }

    /// @dev Subtracts every listed key from `key`, and returns the weight that they have together.
    function _leaveOut(G1 key, bytes32 root, uint256 members, bytes calldata absent)
        private
        view
        returns (uint256 weight)
    {
        uint256 count = uint8(absent[0]);
        uint256 size = 1 + ENTRY_BYTES * count;
        if (count == 0 || absent.length < size) revert IHub.BadSigners();
        // The tree first: only keys of the committee, which have all been through a pairing, are worth adding.
        if (_climb(absent, count, members) != root) revert IHub.BadSigners();
        for (uint256 start = 1; start < size; start += ENTRY_BYTES) {
            G1 term = BLS12381.load(absent[start + 1:start + 97]);
            BLS12381.negate(term);
            if (!BLS12381.addTo(key, term)) revert IHub.BadSigners();
            weight += uint64(bytes8(absent[start + 97:start + 105]));
        }
    }

    /// @dev The root that the entries lead to together, each climbing left or right by the bits of its index. Zero where an
    /// index is out of order or no member's, and where the siblings are not just as many as are needed.
    function _climb(bytes calldata absent, uint256 count, uint256 members)
        private
        pure
        returns (bytes32 root)
    {
        uint256 depth = _depthOf(members);
        assembly ("memory-safe") {
            // Position and hash of every node of a level; its parents take its place, and are never more.
            let nodes := mload(0x40)
            let last := add(nodes, shl(6, count))
            let sibling := add(absent.offset, 1)
            let ok := 1
            let least := 0
            for { let node := nodes } lt(node, last) { node := add(node, 0x40) } {
                let index := byte(0, calldataload(sibling))
                ok := and(ok, and(iszero(lt(index, least)), lt(index, members)))
                least := add(index, 1)
                calldatacopy(last, add(sibling, 1), RECORD_BYTES)
                mstore(node, index)
                mstore(add(node, 0x20), keccak256(last, RECORD_BYTES))
                sibling := add(sibling, ENTRY_BYTES)
            }
            for {} depth { depth := sub(depth, 1) } {
                let parent := nodes
                for { let node := nodes } lt(node, last) {} {
                    let position := mload(node)
                    let side := shl(5, and(position, 1))
                    mstore(side, mload(add(node, 0x20)))
                    node := add(node, 0x40)
                    // Positions increase: only the neighbour to the right can come next, and only a left node has one.
                    switch and(lt(node, last), eq(mload(node), xor(position, 1)))
                    case 1 {
                        mstore(0x20, mload(add(node, 0x20)))
                        node := add(node, 0x40)
                    }
                    default {
                        mstore(xor(side, 0x20), calldataload(sibling))
                        sibling := add(sibling, 0x20)
                    }
                    mstore(parent, shr(1, position))
                    mstore(add(parent, 0x20), keccak256(0x00, 0x40))
                    parent := add(parent, 0x40)
                }
                last := parent
            }
            ok := and(ok, eq(sibling, add(absent.offset, absent.length)))
            root := mul(ok, mload(add(nodes, 0x20)))
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
