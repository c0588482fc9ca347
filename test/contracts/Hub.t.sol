// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../contracts/Hub.sol";
import {Messages} from "../../contracts/Messages.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {HubTest} from "./support/HubTest.sol";
import {Keys} from "./support/Keys.sol";
import {TestCommittee, TestCommittees} from "./support/TestCommittee.sol";

contract HubFinalizeTest is HubTest {
    using TestCommittees for TestCommittee;

    /// @notice Final if and only if more than two thirds of the weight signed, whoever is absent.
    function testFuzz_finality_is_a_quorum(uint256 seed, uint256 count, uint256 mask, uint256 weightMax)
        external
    {
        count = bound(count, 1, 12);
        mask = mask % (2 ** count - 1);
        TestCommittee memory committee = TestCommittees.make(seed, count, bound(weightMax, 1, 6));
        Hub hub = deploy(committee);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, bytes32(seed));
        bytes memory signature = signatureOf(hub, committee, mask, checkpoint);
        uint256 weight = committee.weightWithout(mask);
        uint256 total = committee.total();
        bool isQuorum = 3 * weight > 2 * total;
        if (!isQuorum) vm.expectRevert(abi.encodeWithSelector(IHub.NoQuorum.selector, weight, total));
        hub.finalize(checkpoint, committee.head, committee.entries(mask), signature);
        (uint64 number,,,) = hub.latest();
        assertEq(number, isQuorum ? 1 : 0);
    }

    /// @notice Where nothing stands behind the precompiles' addresses a call succeeds with nothing in it.
    function test_a_chain_without_pairings_is_refused() external {
        TestCommittee memory committee = TestCommittees.make(3, 4, 1);
        vm.mockCall(address(0x0f), "", "");
        vm.expectRevert(abi.encodeWithSelector(IHub.Unavailable.selector));
        this.deployFor(committee);
        vm.mockCall(address(0x0f), "", abi.encode(0));
        vm.expectRevert(abi.encodeWithSelector(IHub.Unavailable.selector));
        this.deployFor(committee);
    }

    function deployFor(TestCommittee memory committee) external {
        deploy(committee);
    }

    /// @notice What some signed does not count as signed by others, be they more, fewer or as many.
    function testFuzz_another_list_of_absent_members_is_refused(uint256 seed, uint256 signed, uint256 claimed)
        external
    {
        TestCommittee memory committee = TestCommittees.make(seed, 10, 1);
        signed = _atMostThree(signed);
        claimed = _atMostThree(claimed);
        vm.assume(signed != claimed);
        Hub hub = deploy(committee);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, bytes32(seed));
        bytes memory signature = signatureOf(hub, committee, signed, checkpoint);
        bytes memory absent = committee.entries(claimed);
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSignature.selector));
        hub.finalize(checkpoint, committee.head, absent, signature);
    }

    /// @notice Every field of a checkpoint is signed.
    function testFuzz_a_changed_checkpoint_is_refused(uint256 field, uint256 change) external {
        TestCommittee memory committee = TestCommittees.make(3, 4, 1);
        Hub hub = deploy(committee);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, keccak256("root"));
        bytes memory signature = signatureOf(hub, committee, 0, checkpoint);
        field = bound(field, 0, 3);
        if (field == 0) checkpoint.number = uint64(bound(change, 2, type(uint64).max));
        if (field == 1) checkpoint.height = uint64(bound(change, 2, type(uint64).max));
        if (field == 2) {
            checkpoint.blockHash = bytes32(uint256(checkpoint.blockHash) ^ bound(change, 1, 2 ** 255));
        }
        if (field == 3) {
            checkpoint.rollupsRoot = bytes32(uint256(checkpoint.rollupsRoot) ^ bound(change, 1, 2 ** 255));
        }
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSignature.selector));
        hub.finalize(checkpoint, committee.head, "", signature);
    }

    /// @notice Votes of consensus are no checkpoints, whatever bytes they are about.
    function testFuzz_a_signature_of_another_kind_is_refused(uint256 kind) external {
        vm.assume(kind != Messages.CHECKPOINT);
        TestCommittee memory committee = TestCommittees.make(3, 4, 1);
        Hub hub = deploy(committee);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, keccak256("root"));
        bytes32 digest = Messages.digest(
            hub.DOMAIN(), kind, checkpoint.epoch, checkpoint.height, keccak256(abi.encode(checkpoint))
        );
        bytes memory signature = Keys.sign(committee.secretWithout(0), digest);
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSignature.selector));
        hub.finalize(checkpoint, committee.head, "", signature);
    }

    function test_a_signature_for_another_hub_or_chain_is_refused() external {
        TestCommittee memory committee = TestCommittees.make(3, 4, 1);
        Hub hub = deploy(committee);
        Hub other = deploy(committee);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, keccak256("root"));
        bytes memory forOther = signatureOf(other, committee, 0, checkpoint);
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSignature.selector));
        hub.finalize(checkpoint, committee.head, "", forOther);

        assertEq(hub.DOMAIN(), Messages.domain(address(hub)));
        bytes32 here = hub.DOMAIN();
        vm.chainId(block.chainid + 1);
        assertTrue(here != Messages.domain(address(hub)), "another chain, another domain");
    }

    function test_the_signature_of_nobody_is_refused() external {
        TestCommittee memory committee = TestCommittees.make(3, 4, 1);
        Hub hub = deploy(committee);
        vm.expectRevert(abi.encodeWithSelector(IHub.BadSignature.selector));
        hub.finalize(checkpointOf(1, 0), committee.head, "", new bytes(256));
    }

    function test_another_committee_is_refused() external {
        TestCommittee memory committee = TestCommittees.make(3, 4, 1);
        TestCommittee memory other = TestCommittees.make(4, 4, 1);
        Hub hub = deploy(committee);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, 0);
        bytes memory signature = signatureOf(hub, other, 0, checkpoint);
        vm.expectRevert(abi.encodeWithSelector(IHub.BadCommittee.selector));
        hub.finalize(checkpoint, other.head, "", signature);
    }

    function _atMostThree(uint256 random) private pure returns (uint256 mask) {
        for (uint256 i = 0; i < random % 4; i++) {
            mask |= 1 << (uint256(keccak256(abi.encode(random, i))) % 10);
        }
    }
}

contract HubHistoryTest is HubTest {
    Hub private hub;
    bytes private head;

    function setUp() external {
        hub = deployAlone();
        head = headAlone();
    }

    function test_a_final_checkpoint_is_on_record() external {
        IHub.Checkpoint memory checkpoint = checkpointOf(5, keccak256("root"));
        vm.warp(1_800_000_000);
        bytes memory signature = _sign(checkpoint);
        vm.expectEmit();
        emit IHub.Finalized(5, 0, 5, 1, checkpoint.blockHash, checkpoint.rollupsRoot);
        hub.finalize(checkpoint, head, "", signature);
        (uint64 number, uint64 epoch, uint32 count, uint64 lastAt) = hub.latest();
        assertEq(number, 5);
        assertEq(epoch, 0);
        assertEq(count, 1);
        assertEq(lastAt, 1_800_000_000);
        assertEq(hub.rootAt(1), keccak256("root"));
    }

    /// @notice Numbers only grow, by any step.
    function testFuzz_numbers_only_grow(uint64 first, uint64 second) external {
        first = uint64(bound(first, 1, type(uint64).max - 2));
        // Where it is decided, as often as anywhere.
        if (second % 2 == 0) second = uint64(bound(second / 2, first - 1, first + 2));
        finalizeAlone(hub, checkpointOf(first, bytes32("first")));
        IHub.Checkpoint memory checkpoint = checkpointOf(0, bytes32("second"));
        checkpoint.number = second;
        bytes memory signature = _sign(checkpoint);
        if (second <= first) vm.expectRevert(abi.encodeWithSelector(IHub.Stale.selector, second, first));
        hub.finalize(checkpoint, head, "", signature);
        (uint64 number,, uint32 count,) = hub.latest();
        assertEq(number, second <= first ? first : second);
        assertEq(count, second <= first ? 1 : 2);
    }

    function testFuzz_only_the_current_epoch_signs(uint64 epoch) external {
        vm.assume(epoch != 0);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, 0);
        checkpoint.epoch = epoch;
        bytes memory signature = _sign(checkpoint);
        vm.expectRevert(abi.encodeWithSelector(IHub.WrongEpoch.selector, epoch, uint64(0)));
        hub.finalize(checkpoint, head, "", signature);
    }

    /// @notice A hand-over that is taken as a mere checkpoint would leave the hub without a committee.
    function testFuzz_a_hand_over_is_no_mere_checkpoint(bytes32 next) external {
        vm.assume(next != 0);
        IHub.Checkpoint memory checkpoint = checkpointOf(1, 0);
        checkpoint.next = next;
        bytes memory signature = _sign(checkpoint);
        vm.expectRevert(abi.encodeWithSelector(IHub.HandsOver.selector, next));
        hub.finalize(checkpoint, head, "", signature);
    }

    /// @notice The last 64 roots can be read under their count, and nothing else can.
    function test_the_ring_keeps_the_last_64() external {
        _noRoot(0);
        _noRoot(1);
        assertTrue(!hub.isRecent(0, 1), "an empty place holds no root");
        for (uint32 count = 1; count <= 130; count++) {
            finalizeAlone(hub, checkpointOf(count, keccak256(abi.encode(count))));
        }
        for (uint32 count = 67; count <= 130; count++) {
            bytes32 root = keccak256(abi.encode(count));
            assertEq(hub.rootAt(count), root);
            assertTrue(hub.isRecent(root, count), "recent");
            assertTrue(!hub.isRecent(root, count - 1), "of its count only");
        }
        assertTrue(!hub.isRecent(keccak256(abi.encode(uint32(66))), 66), "overwritten");
        _noRoot(0);
        _noRoot(66);
        _noRoot(131);
        _noRoot(131 + 64);
        _noRoot(type(uint32).max);
    }

    function _sign(IHub.Checkpoint memory checkpoint) private view returns (bytes memory) {
        return Keys.sign(SECRET_ALONE, hub.checkpointDigest(checkpoint));
    }

    function _noRoot(uint32 count) private {
        vm.expectRevert(abi.encodeWithSelector(IHub.NoRoot.selector, count));
        hub.rootAt(count);
    }
}
