// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Who has staked, with which BLS key
/// @notice A key is kept in full only in the event: nodes rebuild the set from the logs, the chain keeps its hash.
interface IStake {
    /// @notice An operator has staked with a key that it has proven to possess.
    /// @param key Uncompressed point of G1 without padding, 96 bytes.
    /// @param networkKey Ed25519 public key that the node is known by on the network.
    /// @param multiaddr Where the node is reached at first.
    event Registered(
        address indexed operator,
        bytes32 indexed keyHash,
        bytes key,
        bytes32 networkKey,
        string multiaddr,
        uint96 amount
    );

    /// @notice An operator has added to its stake, which is now `total`.
    event StakeAdded(address indexed operator, uint96 amount, uint96 total);

    /// @notice An operator has left: no committee that is prepared from now on holds it. It may sit in those up to
    /// `lastEpoch`, and its stake answers for what it signs there.
    event Exited(address indexed operator, uint64 lastEpoch);

    /// @notice An operator that contradicted itself has lost its own stake, `own`, and takes part no more; and with it is
    /// lost what others had staked on it. The reporter has `part` of it, nobody the rest.
    event Slashed(
        address indexed operator, address indexed reporter, uint96 own, uint96 delegated, uint96 part
    );

    /// @notice An operator that had left has its stake back.
    event Withdrawn(address indexed operator, uint96 amount);

    /// @notice `amount` has been staked on an operator by somebody else.
    event Delegated(address indexed operator, address indexed delegator, uint96 amount);

    /// @notice `amount` is on its way back to who staked it. It answers for what the operator signs up to `lastEpoch`.
    event Undelegated(address indexed operator, address indexed delegator, uint96 amount, uint64 lastEpoch);

    /// @notice Who staked on an operator has `amount` of it back.
    event DelegationWithdrawn(address indexed operator, address indexed delegator, uint96 amount);

    /// @notice An operator takes this part of what is earned by stake that others staked on it, in hundredths of a percent,
    /// from an epoch on.
    event CommissionSet(address indexed operator, uint16 commission, uint64 fromEpoch);

    /// @notice Income for the validators has come.
    event Rewarded(address indexed from, uint96 amount);

    /// @notice `who` has been paid what it had earned with its stake on an operator: on itself, with its commissions.
    event Claimed(address indexed operator, address indexed who, uint256 amount);

    /// @notice The operator has registered before: an operator and a key are for life.
    error AlreadyRegistered(address operator);
    /// @notice The operator has not registered, or no longer takes part.
    error NotRegistered(address operator);
    /// @notice The key belongs, or once belonged, to somebody.
    error KeyTaken(bytes32 keyHash);
    /// @notice The key is infinity, or is not 96 bytes; or the network key is zero.
    error BadKey();
    /// @notice The signature does not prove that this operator possesses the key, here and on this chain.
    error BadPossession();
    /// @notice The stake is below the least.
    error StakeTooSmall(uint96 amount, uint96 least);
    /// @notice All seats are taken, and who has least behind it is put out only for a stake above `least`.
    error Full(uint256 least);
    /// @notice More is staked than can be counted.
    error TooMuch();
    /// @notice The operator may not take so much, or takes more than the caller allows.
    error CommissionTooHigh(uint16 commission, uint16 most);
    /// @notice Who has delegated is owed small steps.
    error CommissionStepTooLarge(uint16 step, uint16 most);
    /// @notice A change has been announced, and holds from `fromEpoch` on; the next can be announced then.
    error CommissionAnnounced(uint64 fromEpoch);
    /// @notice The caller has no more than this with the operator.
    error NotDelegated(uint96 staying);
    /// @notice Only the hub judges, and says when an epoch begins.
    error NotTheHub(address caller);
    /// @notice The operator has no stake (any more), or what it has is free.
    error NothingToSlash(address operator);
    /// @notice The operator takes part, or has no stake left.
    error NothingToWithdraw(address operator);
    /// @notice Its last epoch has not ended (`until` is zero), or not long enough ago (seconds).
    error StillBonded(uint64 lastEpoch, uint64 until);
    /// @notice These are not the keys of those who take part, in their order; `index` is the first that differs, or how many
    /// there should be.
    error WrongMembers(uint256 index);

    /// @notice Stakes `amount` of the token, which must be approved, and registers the caller as an operator. When all 128
    /// seats are taken, whoever has least behind it (its own stake and what is delegated to it) is put out as by `exit`, if
    /// `amount` is more than that and a tenth.
    /// @param key Uncompressed point of G1 without padding, 96 bytes.
    /// @param possession Signature over `possessionDigest(caller, keccak256(key))`, 256 EIP-2537 bytes.
    function register(
        bytes calldata key,
        bytes calldata possession,
        bytes32 networkKey,
        string calldata multiaddr,
        uint96 amount
    ) external;

    /// @notice Adds `amount` to the caller's stake.
    function addStake(uint96 amount) external;

    /// @notice Leaves. A committee that is prepared or at work keeps its member; see `Exited`.
    function exit() external;

    /// @notice Takes the stake of an operator that the hub has convicted; called by the hub alone.
    function slash(address offender, address reporter) external;

    /// @notice Pays the stake of a caller that has left, `UNBONDING` after the end of the last epoch in which it may have
    /// signed. Counted from that end and not from `exit`, since an epoch may take long to end.
    function withdraw() external;

    /// @notice Stakes `amount` of the token, which must be approved, on an operator that takes part. It earns, less the
    /// commission, and is slashed as the operator's own.
    /// @param commissionMost The call fails if the operator takes more, or has announced to.
    function delegate(address operator, uint96 amount, uint16 commissionMost) external;

    /// @notice Takes `amount` back from an operator that takes part. It earns no more, and answers for the operator as long
    /// as if the operator had left now. What is on its way already waits with it anew.
    function undelegate(address operator, uint96 amount) external;

    /// @notice Pays the caller what was undelegated, when it is free; and of an operator that has left everything, when the
    /// operator's own stake is free. What was not free when the operator was slashed is lost.
    function withdrawDelegation(address operator) external;

    /// @notice Sets which part the caller takes of what others earn by staking on it, in hundredths of a percent, 2000 at
    /// most. While nobody has, at once; otherwise in steps of 100 at most, one after the other, each from the second epoch
    /// after it was announced.
    function setCommission(uint16 commission) external;

    /// @notice Pays `amount` of the token, which must be approved, to the validators: to all who take part, by their stake,
    /// as far as it came before the current epoch. What comes while there is no such stake is kept until there is, and goes
    /// out with the next income, be it of zero. Anyone may call it.
    function reward(uint96 amount) external;

    /// @notice Pays the caller what its own stake has earned, and its commissions. How much that is can be found by a call
    /// that is not sent.
    function claim() external returns (uint256 amount);

    /// @notice Pays the caller what its stake on an operator has earned.
    function claimDelegation(address operator) external returns (uint256 amount);

    /// @notice An epoch has begun; called by the hub alone.
    function begin(uint64 epoch) external;

    /// @notice What a committee of all who take part is made of: records for `Committee.headOf`, each of weight 1, and the
    /// network keys, 32 bytes each, both in the order of `activeOperators`.
    /// @param keys Their keys in that order, 96 bytes each: the chain keeps only hashes.
    function membersOf(bytes calldata keys)
        external
        view
        returns (bytes memory records, bytes memory networkKeys);

    /// @notice What is signed to prove possession, under the suite BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_.
    function possessionDigest(address operator, bytes32 keyHash) external view returns (bytes32);

    /// @notice The hash of an operator's key, its stake, and whether it takes part. Zeros for a stranger.
    function operatorOf(address operator) external view returns (bytes32 keyHash, uint96 stake, bool isActive);

    /// @notice What others have staked on an operator, its commission, and the one it has announced: from the epoch
    /// `nextFrom` on, if that is not zero. A change that nobody has touched since it holds is shown as announced.
    function poolOf(address operator)
        external
        view
        returns (uint96 delegated, uint16 commission, uint16 nextCommission, uint64 nextFrom);

    /// @notice What somebody has staked on an operator, and what is on its way back and answers for the operator up to
    /// `lastEpoch`.
    function delegationOf(address operator, address delegator)
        external
        view
        returns (uint96 staying, uint96 leaving, uint64 lastEpoch);

    /// @notice Whose key it is or was, or zero.
    function ownerOf(bytes32 keyHash) external view returns (address);

    /// @notice Whose network key it is or was, or zero.
    function ownerOfNetworkKey(bytes32 networkKey) external view returns (address);

    /// @notice The operators that take part, in no particular order.
    function activeOperators() external view returns (address[] memory);

    /// @notice What is staked.
    function TOKEN() external view returns (IERC20);

    /// @notice The hub that deployed this contract, the only one that may slash.
    function HUB() external view returns (address);

    /// @notice The least that an operator may stake.
    function STAKE_MIN() external view returns (uint96);

    /// @notice How long a stake answers for its operator after the last epoch it may have signed in, seconds.
    function UNBONDING() external view returns (uint64);
}
