// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {G1} from "../../contracts/BLS12381.sol";
import {Committee} from "../../contracts/Committee.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {Keys} from "./support/Keys.sol";
import {Test} from "./support/Test.sol";
import {TestCommittee, TestCommittees} from "./support/TestCommittee.sol";

contract CommitteeTest is Test {
    using TestCommittees for TestCommittee;

    function testFuzz_the_head_holds_sum_weight_count_and_tree(uint256 seed, uint256 count) external view {
        TestCommittee memory committee = TestCommittees.make(seed, bound(count, 1, 20), 5);
        bytes memory expected = abi.encodePacked(
            Keys.keyOf(committee.secretWithout(0)),
            uint64(committee.total()),
            uint16(committee.keys.length),
            committee.root()
        );
        assertEq(keccak256(committee.head), keccak256(expected));
    }

    function testFuzz_leaving_out_the_absent_leaves_the_rest(uint256 seed, uint256 count, uint256 mask)
        external
        view
    {
        count = bound(count, 1, 16);
        mask = mask % (2 ** count - 1);
        TestCommittee memory committee = TestCommittees.make(seed, count, 5);
        (bytes memory key, uint256 weight, uint256 total) =
            this.signers(committee.hash(), committee.head, committee.entries(mask));
        assertEq(keccak256(key), keccak256(Keys.pointOf(committee.secretWithout(mask))));
        assertEq(weight, committee.weightWithout(mask));
        assertEq(total, committee.total());
    }

    function testFuzz_a_changed_head_is_refused(uint256 seed, uint256 bit) external {
        TestCommittee memory committee = TestCommittees.make(seed, 3, 5);
        bytes32 hash = committee.hash();
        bit = bound(bit, 0, 138 * 8 - 1);
        committee.head[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert(abi.encodeWithSelector(IHub.BadCommittee.selector));
        this.signers(hash, committee.head, "");
    }

    /// @dev Every bit counts: the count and the indices by the order of siblings, all else by the root.
    function testFuzz_a_changed_entry_is_refused(uint256 seed, uint256 count, uint256 mask, uint256 bit)
        external
    {
        count = bound(count, 2, 12);
        mask = 1 + mask % (2 ** count - 2);
        TestCommittee memory committee = TestCommittees.make(seed, count, 5);
        bytes memory absent = committee.entries(mask);
        bit = bound(bit, 0, absent.length * 8 - 1);
        absent[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSigners.selector));
        this.signers(committee.hash(), committee.head, absent);
    }

    function test_the_list_is_exact() external {
        TestCommittee memory committee = TestCommittees.make(7, 6, 1);
        bytes memory two = committee.entry(2);
        bytes memory four = committee.entry(4);
        bytes memory siblings = committee.siblings(1 << 2 | 1 << 4);
        bytes memory exact = abi.encodePacked(uint8(2), two, four, siblings);
        this.signers(committee.hash(), committee.head, exact);
        _refuses(committee, abi.encodePacked(uint8(2), four, two, siblings));
        _refuses(committee, abi.encodePacked(uint8(2), two, two, siblings));
        _refuses(committee, abi.encodePacked(exact, hex"00"));
        _refuses(committee, abi.encodePacked(exact, bytes32(0)));
        assembly ("memory-safe") {
            mstore(exact, sub(mload(exact), 1))
        }
        _refuses(committee, exact);
        // One member twice, each time with what leads it to the root by itself.
        bytes memory alone = committee.siblings(1 << 2);
        _refuses(committee, abi.encodePacked(uint8(2), two, two, alone));
        _refuses(committee, abi.encodePacked(uint8(2), two, two, alone, alone));
    }

    /// @dev Nobody absent has one form, the empty one, and a count that promises more than there is has none.
    function test_a_count_that_does_not_fit_is_refused() external {
        TestCommittee memory committee = TestCommittees.make(7, 6, 1);
        _refuses(committee, hex"00");
        _refuses(committee, abi.encodePacked(uint8(0), committee.siblings(1)));
        _refuses(committee, hex"01");
        _refuses(committee, hex"ff");
        bytes memory one = abi.encodePacked(committee.entry(3), committee.siblings(1 << 3));
        this.signers(committee.hash(), committee.head, abi.encodePacked(uint8(1), one));
        _refuses(committee, abi.encodePacked(uint8(0), one));
        _refuses(committee, abi.encodePacked(uint8(2), one));
        _refuses(committee, abi.encodePacked(uint8(255), one));
    }

    /// @dev A node is not a member: who shows a pair of them as one leaf climbs a level too far.
    function test_a_leaf_is_a_member_and_no_node() external {
        TestCommittee memory committee = TestCommittees.make(7, 4, 1);
        bytes memory absent = abi.encodePacked(
            uint8(1), uint8(0), committee.nodeAt(0, 0), committee.nodeAt(0, 1), bytes32(0), uint64(0)
        );
        _refuses(committee, abi.encodePacked(absent, committee.nodeAt(1, 1)));
        _refuses(committee, abi.encodePacked(absent, committee.nodeAt(1, 1), bytes32(0)));
    }

    /// @dev Indices past the end lie in the padding: they would leave out a key twice under another number.
    function test_an_index_past_the_members_is_refused() external {
        TestCommittee memory committee = TestCommittees.make(7, 5, 1);
        bytes memory absent = committee.entries(1 << 4);
        absent[1] = 0x0c;
        _refuses(committee, absent);
        // Only one member: depth 0, the leaf is the root whatever the index says.
        committee = TestCommittees.make(7, 1, 1);
        absent = committee.entries(1);
        absent[1] = 0x01;
        _refuses(committee, absent);
    }

    function test_everyone_absent_leaves_no_key() external {
        TestCommittee memory committee = TestCommittees.make(7, 4, 1);
        _refuses(committee, committee.entries(15));
    }

    /// @notice The committee of genesis is not prepared by a contract: a member may have what is no key.
    function test_a_member_whose_key_is_no_point_cannot_be_left_out() external {
        TestCommittee memory committee = TestCommittees.make(7, 4, 1);
        committee.keys[2][95] ^= 0x01;
        bytes memory sum = Keys.keyOf(committee.secretWithout(0));
        committee.head = abi.encodePacked(sum, uint64(4), uint16(4), committee.root());
        _refuses(committee, committee.entries(1 << 2));
        this.signers(committee.hash(), committee.head, committee.entries(1 << 3));
    }

    function test_records_that_make_no_committee_are_refused() external {
        bytes memory key = Keys.keyOf(1);
        _refusesRecords("");
        _refusesRecords(abi.encodePacked(key, uint64(1), hex"00"));
        _refusesRecords(abi.encodePacked(key, uint64(0)));
        _refusesRecords(abi.encodePacked(key, uint64(1), Keys.keyOf(Keys.ORDER - 1), uint64(1)));
        _refusesRecords(abi.encodePacked(key, type(uint64).max, Keys.keyOf(2), uint64(1)));
        _refusesRecords(new bytes(257 * 104));
        key[95] ^= 0x01;
        _refusesRecords(abi.encodePacked(key, uint64(1)));
    }

    /// @notice With equal seats the rule of the contract is the quorum of consensus, n - (n - 1) / 3.
    function test_the_quorum_is_that_of_consensus_for_every_size() external pure {
        for (uint256 count = 1; count <= 256; count++) {
            for (uint256 votes = 0; votes <= count; votes++) {
                assertTrue((3 * votes > 2 * count) == (votes >= count - (count - 1) / 3), "one rule");
            }
        }
    }

    function signers(bytes32 committee, bytes calldata head, bytes calldata absent)
        external
        view
        returns (bytes memory point, uint256 weight, uint256 total)
    {
        G1 key;
        (key, weight, total) = Committee.signers(committee, head, absent);
        point = new bytes(128);
        assembly ("memory-safe") {
            mcopy(add(point, 0x20), key, 0x80)
        }
    }

    function headOf(bytes calldata records) external view returns (bytes memory) {
        return Committee.headOf(records);
    }

    function _refuses(TestCommittee memory committee, bytes memory absent) private {
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSigners.selector));
        this.signers(committee.hash(), committee.head, absent);
    }

    function _refusesRecords(bytes memory records) private {
        vm.expectRevert(abi.encodeWithSelector(IHub.BadCommittee.selector));
        this.headOf(records);
    }
}
