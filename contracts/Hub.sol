// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {BLS12381, G1} from "./BLS12381.sol";
import {Committee} from "./Committee.sol";
import {Messages} from "./Messages.sol";
import {Stake} from "./Stake.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IStake} from "./interfaces/IStake.sol";

/// @title Hub
contract Hub is IHub {
    uint256 private constant RING = 64;
    /// @dev Fewer could not do without any of them.
    uint256 private constant MEMBERS_MIN = 4;

    /// @inheritdoc IHub
    bytes32 public immutable DOMAIN;
    /// @inheritdoc IHub
    IStake public immutable STAKE;
    /// @inheritdoc IHub
    uint64 public immutable EPOCH_LENGTH;
    /// @inheritdoc IHub
    uint64 public immutable FIRST_EPOCH_LENGTH;
    uint64 private immutable DEPLOYED_AT;

    // One slot, read and written once by every checkpoint.
    uint64 private _number;
    uint64 private _epoch;
    uint32 private _count;
    uint64 private _lastAt;

    bool private transient _finalized;

    bytes32[RING] private _roots;

    /// @inheritdoc IHub
    mapping(uint64 epoch => bytes32) public committees;
    /// @inheritdoc IHub
    mapping(uint64 epoch => bytes32) public sealings;
    /// @inheritdoc IHub
    mapping(uint64 epoch => uint64) public endedAt;
    /// @inheritdoc IHub
    mapping(uint64 epoch => uint64) public preparedAt;
    /// @inheritdoc IHub
    mapping(uint64 epoch => mapping(bytes32 committee => bool)) public isPrepared;

    /// @param committee Hash of the genesis committee's head; its proofs of possession are checked off chain.
    /// @param token What validators stake, a plain ERC-20 without fees on transfers.
    /// @param stakeMin The least that an operator may stake, in the token's smallest unit.
    /// @param spans See `Spans`.
    constructor(bytes32 committee, IERC20 token, uint96 stakeMin, Spans memory spans) {
        if (!BLS12381.isAvailable()) revert Unavailable();
        DOMAIN = Messages.domain(address(this));
        STAKE = new Stake(token, stakeMin, spans.unbonding);
        EPOCH_LENGTH = spans.epoch;
        FIRST_EPOCH_LENGTH = spans.firstEpoch;
        DEPLOYED_AT = uint64(block.timestamp);
        committees[0] = committee;
    }

    /// @inheritdoc IHub
    /// @dev Again after another epoch's length: a committee whose members do not come to a key may not block the way. What
    /// was prepared before stays good, since the old committee may be handing over to it at this moment.
    function prepare(bytes calldata keys) external {
        uint64 from = preparableFrom();
        if (block.timestamp < from) revert TooEarly(from);
        uint64 next = _epoch + 1;
        (bytes memory records, bytes memory networkKeys) = STAKE.membersOf(keys);
        uint256 count = networkKeys.length / 32;
        if (count < MEMBERS_MIN) revert TooFew(count, MEMBERS_MIN);
        bytes32 committee = keccak256(Committee.headOf(records));
        preparedAt[next] = uint64(block.timestamp);
        isPrepared[next][committee] = true;
        emit Prepared(next, committee, keys, networkKeys);
    }

    /// @inheritdoc IHub
    /// @dev Cheap refusals come first: of several posters that race, all but one should lose little.
    function finalize(
        Checkpoint calldata checkpoint,
        bytes calldata head,
        bytes calldata absent,
        bytes calldata signature
    ) external {
        if (checkpoint.number <= _number) revert Stale(checkpoint.number, _number);
        if (checkpoint.epoch != _epoch) revert WrongEpoch(checkpoint.epoch, _epoch);
        if (checkpoint.next != 0) revert HandsOver(checkpoint.next);
        _finalize(checkpoint, head, absent, signature);
    }

    /// @inheritdoc IHub
    function rotate(
        Checkpoint calldata checkpoint,
        bytes calldata head,
        bytes calldata absent,
        bytes calldata signature,
        bytes32 committee,
        bytes32 sealing
    ) external {
        if (checkpoint.number <= _number) revert Stale(checkpoint.number, _number);
        if (checkpoint.epoch != _epoch) revert WrongEpoch(checkpoint.epoch, _epoch);
        uint64 epoch = checkpoint.epoch + 1;
        bool isNext = checkpoint.next == keccak256(abi.encode(committee, sealing));
        if (!isNext || !isPrepared[epoch][committee]) revert UnknownCommittee(checkpoint.next);
        _finalize(checkpoint, head, absent, signature);

        _epoch = epoch;
        endedAt[checkpoint.epoch] = uint64(block.timestamp);
        committees[epoch] = committee;
        sealings[epoch] = sealing;
        STAKE.begin(epoch);
        emit Rotated(epoch, committee, sealing);
    }

    /// @inheritdoc IHub
    /// @dev Whether the key sat in that epoch's committee is not asked: who did not sit there signs nothing for it.
    function convict(
        bytes calldata key,
        uint64 epoch,
        Signed calldata first,
        Signed calldata second,
        bytes calldata signature
    ) external {
        if (!_contradict(first, second)) revert NotConflicting();
        address operator = STAKE.ownerOf(keccak256(key));
        if (operator == address(0)) revert UnknownKey(keccak256(key));
        bytes32[2] memory digests = [
            Messages.digest(DOMAIN, first.kind, epoch, first.slot, first.payload),
            Messages.digest(DOMAIN, second.kind, epoch, second.slot, second.payload)
        ];
        G1 point = BLS12381.load(key);
        if (!BLS12381.verifyBoth(point, digests, Messages.SIGNATURE_DST, signature)) {
            revert BadSignature();
        }
        emit Convicted(operator, epoch, first.kind, second.kind, first.slot);
        STAKE.slash(operator, msg.sender);
    }

    /// @dev Two payloads of one kind and slot, or a COMMIT beside a SKIP in one view.
    function _contradict(Signed calldata first, Signed calldata second) private pure returns (bool) {
        if (first.slot != second.slot) return false;
        if (first.kind == second.kind) return first.payload != second.payload;
        return first.kind == Messages.COMMIT && second.kind == Messages.SKIP;
    }

    /// @dev What its callers have checked is cheap; here the signature is, and the checkpoint becomes final.
    function _finalize(
        Checkpoint calldata checkpoint,
        bytes calldata head,
        bytes calldata absent,
        bytes calldata signature
    ) private {
        (G1 key, uint256 weight, uint256 total) =
            Committee.signers(committees[checkpoint.epoch], head, absent);
        if (3 * weight <= 2 * total) revert NoQuorum(weight, total);
        if (!BLS12381.verify(key, checkpointDigest(checkpoint), Messages.SIGNATURE_DST, signature)) {
            revert BadSignature();
        }

        uint32 count = _count + 1;
        _number = checkpoint.number;
        _count = count;
        _lastAt = uint64(block.timestamp);
        _roots[count % RING] = checkpoint.rollupsRoot;
        _finalized = true;
        emit Finalized(
            checkpoint.number,
            checkpoint.epoch,
            checkpoint.height,
            count,
            checkpoint.blockHash,
            checkpoint.rollupsRoot
        );
    }

    /// @inheritdoc IHub
    function startedAt(uint64 epoch) public view returns (uint64) {
        if (epoch > _epoch) return 0;
        return epoch == 0 ? DEPLOYED_AT : endedAt[epoch - 1];
    }

    /// @inheritdoc IHub
    function preparableFrom() public view returns (uint64) {
        uint64 last = preparedAt[_epoch + 1];
        uint64 length = _epoch == 0 ? FIRST_EPOCH_LENGTH : EPOCH_LENGTH;
        return last == 0 ? startedAt(_epoch) + length : last + EPOCH_LENGTH;
    }

    /// @inheritdoc IHub
    function preparedEpoch() external view returns (uint64) {
        uint64 next = _epoch + 1;
        return preparedAt[next] == 0 ? _epoch : next;
    }

    /// @inheritdoc IHub
    function rootAt(uint32 count) external view returns (bytes32) {
        uint256 last = _count;
        if (count == 0 || count > last || count + RING <= last) revert NoRoot(count);
        return _roots[count % RING];
    }

    /// @inheritdoc IHub
    function isRecent(bytes32 root, uint32 count) external view returns (bool) {
        return root != 0 && _roots[count % RING] == root;
    }

    /// @inheritdoc IHub
    function finalizedHere() external view returns (bool) {
        return _finalized;
    }

    /// @inheritdoc IHub
    function latest() external view returns (uint64 number, uint64 epoch, uint32 count, uint64 lastAt) {
        return (_number, _epoch, _count, _lastAt);
    }

    /// @inheritdoc IHub
    function checkpointDigest(Checkpoint calldata checkpoint) public view returns (bytes32) {
        bytes32 payload = keccak256(abi.encode(checkpoint));
        return Messages.digest(DOMAIN, Messages.CHECKPOINT, checkpoint.epoch, checkpoint.height, payload);
    }
}
