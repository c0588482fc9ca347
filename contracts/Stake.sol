// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BLS12381, G1} from "./BLS12381.sol";
import {Earnings} from "./Earnings.sol";
import {Messages} from "./Messages.sol";
import {Pools} from "./Pools.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IStake} from "./interfaces/IStake.sol";

/// @title Stake
contract Stake is IStake {
    using SafeERC20 for IERC20;
    using Earnings for Earnings.Meter;
    using Earnings for Earnings.Account;
    using Pools for Pools.Pool;

    /// @dev Seats of a committee: as many as nodes let into one.
    uint256 private constant OPERATORS_MAX = 128;
    /// @dev Of what is slashed, the reporter has one part in so many; the rest is out of everyone's reach, or a validator
    /// that reported itself would lose nothing.
    uint96 private constant REPORTER_PART = 20;
    address private constant BURNT = address(0xdead);
    /// @dev Who takes another's seat stakes more by a part in so many at least. By less, two that are after one seat would
    /// throw each other out with every block; so the stakes of those who do soon leave nobody able to go on.
    uint256 private constant OUTSTAKE_PART = 10;

    /// @param lastEpoch Once it has left, the last epoch in whose committee it may sit.
    /// @param position In `_active`, counted from 1; zero for one that does not take part.
    /// @param slashedAt When it was, seconds, or zero.
    /// @param account What its own stake earns, and its commissions.
    struct Operator {
        bytes32 keyHash;
        bytes32 networkKey;
        uint96 stake;
        uint64 lastEpoch;
        uint32 position;
        uint64 slashedAt;
        Earnings.Account account;
        Pools.Pool pool;
    }

    /// @inheritdoc IStake
    IERC20 public immutable TOKEN;
    /// @inheritdoc IStake
    address public immutable HUB;
    /// @inheritdoc IStake
    uint96 public immutable STAKE_MIN;
    /// @inheritdoc IStake
    uint64 public immutable UNBONDING;

    mapping(address operator => Operator) private _operators;
    /// @inheritdoc IStake
    mapping(bytes32 keyHash => address) public ownerOf;
    /// @inheritdoc IStake
    mapping(bytes32 networkKey => address) public ownerOfNetworkKey;
    address[] private _active;
    Earnings.Meter private _meter;

    constructor(IERC20 token, uint96 stakeMin, uint64 unbonding) {
        TOKEN = token;
        HUB = msg.sender;
        STAKE_MIN = stakeMin;
        UNBONDING = unbonding;
    }

    /// @inheritdoc IStake
    function register(
        bytes calldata key,
        bytes calldata possession,
        bytes32 networkKey,
        string calldata multiaddr,
        uint96 amount
    ) external {
        Operator storage operator = _operators[msg.sender];
        if (operator.keyHash != 0) revert AlreadyRegistered(msg.sender);
        if (amount < STAKE_MIN) revert StakeTooSmall(amount, STAKE_MIN);
        if (key.length != BLS12381.KEY_BYTES) revert BadKey();
        bytes32 keyHash = keccak256(key);
        if (ownerOf[keyHash] != address(0)) revert KeyTaken(keyHash);
        if (networkKey == 0) revert BadKey();
        if (ownerOfNetworkKey[networkKey] != address(0)) revert KeyTaken(networkKey);
        // The pairing refuses every other encoding that is not a key; infinity alone would pass it.
        G1 point = BLS12381.load(key);
        if (point.isInfinity()) revert BadKey();
        bytes32 digest = possessionDigest(msg.sender, keyHash);
        if (!BLS12381.verify(point, digest, Messages.POSSESSION_DST, possession)) revert BadPossession();

        if (_active.length == OPERATORS_MAX) _outstake(amount);
        _active.push(msg.sender);
        operator.keyHash = keyHash;
        operator.networkKey = networkKey;
        operator.stake = amount;
        operator.position = uint32(_active.length);
        operator.account.add(_meter, amount);
        ownerOf[keyHash] = msg.sender;
        ownerOfNetworkKey[networkKey] = msg.sender;
        emit Registered(msg.sender, keyHash, key, networkKey, multiaddr, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @dev Puts out whoever has least behind it, its own stake and what is delegated to it.
    function _outstake(uint96 amount) private {
        address smallest;
        uint256 least = type(uint256).max;
        for (uint256 i = 0; i < OPERATORS_MAX; i++) {
            Operator storage operator = _operators[_active[i]];
            uint256 behind = uint256(operator.stake) + operator.pool.stakeOf();
            if (behind < least) (smallest, least) = (_active[i], behind);
        }
        least += least / OUTSTAKE_PART;
        if (amount <= least) revert Full(least);
        _exit(smallest);
    }

    /// @inheritdoc IStake
    function addStake(uint96 amount) external {
        Operator storage operator = _takingPart(msg.sender);
        operator.stake += amount;
        operator.account.add(_meter, amount);
        emit StakeAdded(msg.sender, amount, operator.stake);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function exit() external {
        _exit(msg.sender);
    }

    function _exit(address leaver) private {
        Operator storage operator = _takingPart(leaver);
        _leave(operator);
        // A committee that is prepared may hold it, though it has not begun.
        uint64 lastEpoch = IHub(HUB).preparedEpoch();
        operator.lastEpoch = lastEpoch;
        emit Exited(leaver, lastEpoch);
    }

    /// @inheritdoc IStake
    /// @dev The reporter has its part of the operator's own stake alone: of all of it, an operator with little of its own
    /// would gain by reporting itself. What has been free already is not taken, or it would be for nobody's fault.
    function slash(address offender, address reporter) external {
        if (msg.sender != HUB) revert NotTheHub(msg.sender);
        Operator storage operator = _operators[offender];
        uint96 own = operator.stake;
        bool hasLeft = operator.position == 0;
        if (own == 0 || (hasLeft && _isFree(operator.lastEpoch))) revert NothingToSlash(offender);
        if (!hasLeft) _leave(operator);
        uint96 delegated = operator.pool.stakeOf();
        operator.stake = 0;
        operator.slashedAt = uint64(block.timestamp);
        uint96 part = own / REPORTER_PART;
        emit Slashed(offender, reporter, own, delegated, part);
        TOKEN.safeTransfer(reporter, part);
        TOKEN.safeTransfer(BURNT, own - part + delegated);
    }

    /// @dev It earns no more, nor does its pool; and the last one takes its place.
    function _leave(Operator storage operator) private {
        operator.pool.follow(_meter, operator.account);
        _meter.release(operator.pool.meter.starting, operator.pool.meter.earning);
        operator.account.remove(_meter, operator.stake);
        uint32 position = operator.position;
        address last = _active[_active.length - 1];
        _active[position - 1] = last;
        _operators[last].position = position;
        _active.pop();
        operator.position = 0;
    }

    /// @inheritdoc IStake
    function withdraw() external {
        Operator storage operator = _operators[msg.sender];
        uint96 amount = operator.stake;
        if (operator.position != 0 || amount == 0) revert NothingToWithdraw(msg.sender);
        _requireFree(operator.lastEpoch);
        operator.stake = 0;
        emit Withdrawn(msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStake
    function delegate(address to, uint96 amount, uint16 commissionMost) external {
        Operator storage operator = _present(to);
        uint16 commission = operator.pool.commissionMost();
        if (commission > commissionMost) revert CommissionTooHigh(commission, commissionMost);
        operator.pool.delegations[msg.sender].account.add(operator.pool.meter, amount);
        _meter.admit(amount);
        emit Delegated(to, msg.sender, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function undelegate(address from, uint96 amount) external {
        Operator storage operator = _present(from);
        Pools.Delegation storage delegation = operator.pool.delegations[msg.sender];
        uint96 staying = delegation.account.stakeOf();
        if (amount > staying) revert NotDelegated(staying);
        uint96 starting = delegation.account.remove(operator.pool.meter, amount);
        _meter.release(starting, amount - starting);
        uint64 lastEpoch = IHub(HUB).preparedEpoch();
        delegation.leaving += amount;
        delegation.lastEpoch = lastEpoch;
        emit Undelegated(from, msg.sender, amount, lastEpoch);
    }

    /// @inheritdoc IStake
    /// @dev What is leaving is free before the rest: it left while the operator still took part.
    function withdrawDelegation(address from) external {
        Operator storage operator = _operators[from];
        Pools.Delegation storage delegation = operator.pool.delegations[msg.sender];
        uint96 leaving = delegation.leaving;
        uint96 staying = delegation.account.stakeOf();
        if (operator.position != 0) staying = 0;
        if (operator.slashedAt != 0) {
            staying = 0;
            if (!_wasFree(delegation.lastEpoch, operator.slashedAt)) leaving = 0;
        }
        if (leaving == 0 && staying == 0) revert NothingToWithdraw(msg.sender);
        _requireFree(leaving == 0 ? operator.lastEpoch : delegation.lastEpoch);
        if (staying != 0 && _isFree(operator.lastEpoch)) {
            delegation.account.remove(operator.pool.meter, staying);
        } else {
            staying = 0;
        }
        delegation.leaving = 0;
        uint96 amount = leaving + staying;
        emit DelegationWithdrawn(from, msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @dev Reverts if what answered for an epoch answers for it still.
    function _requireFree(uint64 lastEpoch) private view {
        uint64 endedAt = IHub(HUB).endedAt(lastEpoch);
        if (endedAt == 0) revert StillBonded(lastEpoch, 0);
        if (block.timestamp < endedAt + UNBONDING) revert StillBonded(lastEpoch, endedAt + UNBONDING);
    }

    function _isFree(uint64 lastEpoch) private view returns (bool) {
        return _wasFree(lastEpoch, block.timestamp);
    }

    function _wasFree(uint64 lastEpoch, uint256 time) private view returns (bool) {
        uint64 endedAt = IHub(HUB).endedAt(lastEpoch);
        return endedAt != 0 && time >= endedAt + UNBONDING;
    }

    /// @inheritdoc IStake
    function setCommission(uint16 commission) external {
        uint64 from = _present(msg.sender).pool.announce(commission);
        emit CommissionSet(msg.sender, commission, from);
    }

    /// @inheritdoc IStake
    function reward(uint96 amount) external {
        _meter.spread(amount);
        emit Rewarded(msg.sender, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function claim() external returns (uint256 amount) {
        Operator storage operator = _operators[msg.sender];
        if (operator.position != 0) operator.pool.follow(_meter, operator.account);
        amount = operator.account.take(_meter);
        emit Claimed(msg.sender, msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStake
    function claimDelegation(address from) external returns (uint256 amount) {
        Operator storage operator = _operators[from];
        if (operator.position != 0) operator.pool.follow(_meter, operator.account);
        amount = operator.pool.delegations[msg.sender].account.take(operator.pool.meter);
        emit Claimed(from, msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStake
    function begin(uint64 epoch) external {
        if (msg.sender != HUB) revert NotTheHub(msg.sender);
        _meter.begin(epoch);
    }

    function _takingPart(address account) private view returns (Operator storage operator) {
        operator = _operators[account];
        if (operator.position == 0) revert NotRegistered(account);
    }

    /// @dev An operator that takes part, with its pool brought to the present.
    function _present(address account) private returns (Operator storage operator) {
        operator = _takingPart(account);
        operator.pool.follow(_meter, operator.account);
    }

    /// @inheritdoc IStake
    function membersOf(bytes calldata keys)
        external
        view
        returns (bytes memory records, bytes memory networkKeys)
    {
        uint256 count = _active.length;
        if (keys.length != count * BLS12381.KEY_BYTES) revert WrongMembers(count);
        records = new bytes(count * (BLS12381.KEY_BYTES + 8));
        networkKeys = new bytes(count * 32);
        for (uint256 i = 0; i < count; i++) {
            Operator storage operator = _operators[_active[i]];
            bytes calldata key = keys[i * BLS12381.KEY_BYTES:(i + 1) * BLS12381.KEY_BYTES];
            if (keccak256(key) != operator.keyHash) revert WrongMembers(i);
            bytes32 networkKey = operator.networkKey;
            // Written in place: a concatenation would copy all before it, for every member.
            assembly ("memory-safe") {
                let record := add(add(records, 0x20), mul(i, 104))
                calldatacopy(record, key.offset, 96)
                mstore8(add(record, 103), 1)
                mstore(add(add(networkKeys, 0x20), mul(i, 32)), networkKey)
            }
        }
    }

    /// @inheritdoc IStake
    function possessionDigest(address operator, bytes32 keyHash) public view returns (bytes32) {
        return Messages.possession(address(this), operator, keyHash);
    }

    /// @inheritdoc IStake
    function operatorOf(address operator)
        external
        view
        returns (bytes32 keyHash, uint96 stake, bool isActive)
    {
        Operator storage found = _operators[operator];
        return (found.keyHash, found.stake, found.position != 0);
    }

    /// @inheritdoc IStake
    function poolOf(address operator)
        external
        view
        returns (uint96 delegated, uint16 commission, uint16 nextCommission, uint64 nextFrom)
    {
        Pools.Pool storage pool = _operators[operator].pool;
        if (_operators[operator].slashedAt == 0) delegated = pool.stakeOf();
        return (delegated, pool.commission, pool.nextCommission, pool.nextFrom);
    }

    /// @inheritdoc IStake
    function delegationOf(address operator, address delegator)
        external
        view
        returns (uint96 staying, uint96 leaving, uint64 lastEpoch)
    {
        Pools.Delegation storage delegation = _operators[operator].pool.delegations[delegator];
        if (_operators[operator].slashedAt == 0) staying = delegation.account.stakeOf();
        return (staying, delegation.leaving, delegation.lastEpoch);
    }

    /// @inheritdoc IStake
    function activeOperators() external view returns (address[] memory) {
        return _active;
    }
}
