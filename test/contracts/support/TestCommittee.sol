// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Committee} from "../../../contracts/Committee.sol";
import {Keys} from "./Keys.sol";

/// @notice A committee whose secrets are known. Its tree is written a second time here, top down, so that the test and the
/// library agree only where both are right.
struct TestCommittee {
    uint256[] secrets;
    uint64[] weights;
    bytes[] keys;
    bytes head;
}

library TestCommittees {
    /// @notice `count` members of random keys, and random weights below `weightMax` (1: equal weights).
    function make(uint256 seed, uint256 count, uint256 weightMax)
        internal
        view
        returns (TestCommittee memory committee)
    {
        committee.secrets = new uint256[](count);
        committee.weights = new uint64[](count);
        committee.keys = new bytes[](count);
        bytes memory records;
        for (uint256 i = 0; i < count; i++) {
            committee.secrets[i] = Keys.secretOf(seed, i);
            committee.weights[i] = uint64(1 + uint256(keccak256(abi.encode("weight", seed, i))) % weightMax);
            committee.keys[i] = Keys.keyOf(committee.secrets[i]);
            records = abi.encodePacked(records, committee.keys[i], committee.weights[i]);
        }
        committee.head = Committee.headOf(records);
    }

    function hash(TestCommittee memory self) internal pure returns (bytes32) {
        return keccak256(self.head);
    }

    function total(TestCommittee memory self) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < self.weights.length; i++) {
            sum += self.weights[i];
        }
    }

    function isAbsent(uint256 mask, uint256 index) internal pure returns (bool) {
        return mask >> index & 1 == 1;
    }

    function weightWithout(TestCommittee memory self, uint256 mask) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < self.weights.length; i++) {
            if (!isAbsent(mask, i)) sum += self.weights[i];
        }
    }

    /// @notice The secret behind the aggregate signature of everyone but those in `mask`.
    function secretWithout(TestCommittee memory self, uint256 mask) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < self.secrets.length; i++) {
            if (!isAbsent(mask, i)) sum = addmod(sum, self.secrets[i], Keys.ORDER);
        }
    }

    /// @notice Everyone in `mask`, as a poster brings them.
    function entries(TestCommittee memory self, uint256 mask) internal pure returns (bytes memory list) {
        if (mask == 0) return "";
        uint8 count;
        for (uint256 i = 0; i < self.keys.length; i++) {
            if (!isAbsent(mask, i)) continue;
            list = abi.encodePacked(list, entry(self, i));
            count++;
        }
        return abi.encodePacked(count, list, siblings(self, mask));
    }

    function entry(TestCommittee memory self, uint256 index) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(index), self.keys[index], self.weights[index]);
    }

    /// @notice Level by level, each node that leads to nobody in `mask` while its neighbour does.
    function siblings(TestCommittee memory self, uint256 mask) internal pure returns (bytes memory list) {
        for (uint256 height = 0; 1 << height < self.keys.length; height++) {
            for (uint256 position = 0; position << height < 256; position++) {
                if (_leads(mask, height, position) || !_leads(mask, height, position ^ 1)) continue;
                list = abi.encodePacked(list, nodeAt(self, height, position));
            }
        }
    }

    function _leads(uint256 mask, uint256 height, uint256 position) private pure returns (bool) {
        uint256 first = position << height;
        return first < 256 && mask >> first & ((1 << (1 << height)) - 1) != 0;
    }

    /// @notice The node at a height and a position; zero where nothing lies below it.
    function nodeAt(TestCommittee memory self, uint256 height, uint256 position)
        internal
        pure
        returns (bytes32)
    {
        if (position << height >= self.keys.length) return 0;
        if (height == 0) {
            return keccak256(abi.encodePacked(self.keys[position], self.weights[position]));
        }
        return keccak256(
            abi.encode(nodeAt(self, height - 1, 2 * position), nodeAt(self, height - 1, 2 * position + 1))
        );
    }

    function root(TestCommittee memory self) internal pure returns (bytes32) {
        uint256 height = 0;
        while (1 << height < self.keys.length) height++;
        return nodeAt(self, height, 0);
    }
}
