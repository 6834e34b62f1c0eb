#!/bin/sh
# A ceremony without a dealer through the command line: three trustees, each with a folder of its own, one share lost
# and complained of.  Usage: dkg.sh SOURCE_DIR BUILD_DIR
set -eu
. "$1/tests/lint/tap.sh"
entrylog=$2/src/cli/entrylog
dir=$(mktemp -d)
trap '[ -n "${EL_KEEP:-}" ] || rm -rf "$dir"' EXIT
cd "$dir"
exec 3>&1 >"$dir/log" 2>&1 # what the commands say; the checks speak on 3

dkg() { # STEP TRUSTEE...: one step of one trustee
	step=$1 j=$2
	shift 2
	"$entrylog" keys dkg "$step" "$j/folder" --key "$j/key" --state "$j/state" "$@"
}
# Copy files of everybody into everybody's folder, as couriers would.
exchange() {
	for to in 1 2 3; do
		for from in 1 2 3; do
			[ "$from" = "$to" ] || for file in "$from"/folder/$1; do
				[ ! -e "$file" ] || cp "$file" "$to/folder/"
			done
		done
	done
}
status() { # what a command ends with
	"$@" >/dev/null 2>&1 && echo 0 || echo $?
}
all() {
	step=$1
	shift
	for n in 1 2 3; do dkg "$step" $n "$@" || return 1; done
}
is() { [ "$1" = "$2" ]; }
same() { cmp "$1" "$2" && cmp "$1" "$3"; }
said() { # what a trustee's epochs file says, without who says it
	jq -r .doc "$1"
}
tell() { check "$@" >&3 2>&3; }

for n in 1 2 3; do
	mkdir -p "$n/folder"
	"$entrylog" keys new trustee -o "$n/key"
done
"$entrylog" keys new officer -o health && "$entrylog" keys new officer -o court
ceremony() {
	"$entrylog" keys ceremony --dir trust --policy-only --threshold 2 --trustee a:health:1/key.pub --trustee b:court:2/key.pub \
		--trustee c:academy:3/key.pub --officer health:health.pub --officer court:court.pub
}
tell 'a policy is made without dealing' ceremony
tell 'there are no keys yet' sh -c '[ ! -e trust/bundle.json ] && ! ls trust/*.sealed'
tell 'the root makes a plan' "$entrylog" keys dkg plan plan --dir trust --days 3
for n in 1 2 3; do cp plan/plan.json "$n/folder/"; done

mkdir strange && sed 's/"threshold":2/"threshold":3/' plan/plan.json >strange/plan.json
tell 'a plan with another threshold than the policy is refused' is \
	"$(status "$entrylog" keys dkg commit strange --dir trust --key 1/key --state strange/state)" 77
tell 'and no state begins' sh -c '[ ! -e strange/state ]'
tell 'every trustee commits itself' all commit --dir trust
tell 'nobody commits twice' is "$(status dkg commit 1 --dir trust)" 73
tell 'nobody reveals before all have committed themselves' is "$(status dkg reveal 1)" 75
tell 'keys list says whose secret that is' sh -c "'$entrylog' keys list 1 --json | jq -e '[.files[].type] | index(\"ceremony state\")'"
says() { # TEXT COMMAND...: whether what a command says holds a text
	want=$1
	shift
	"$@" 2>&1 | grep -F -e "$want"
}
tell 'a mistyped step is named' says 'comit: no step' "$entrylog" keys dkg comit 1/folder
tell 'a mistyped command is named' says 'there is no "keys dgk"' "$entrylog" keys dgk plan
tell 'a mistyped --without is refused' is "$(status dkg reveal 1 --without 2 4)" 65
tell 'and nothing is revealed' sh -c '[ ! -e 1/folder/reveal-1.json ]'
tell 'a step that was left out is named' says 'reveal first' dkg deal 1
tell 'there is nothing to go on without where it is one'\''s own' says 'reveal first' dkg deal 1 --without 1
tell 'a key of another purpose is named' says 'no key of purpose trustee' "$entrylog" keys dkg reveal 1/folder --key health \
	--state 1/state
cp 1/folder/hash-1.json 1/folder/hash-2.json
tell 'a file of somebody else is named' says 'hash-2.json: no hash of trustee 2' dkg reveal 1
exchange 'hash-*.json'
tell 'every trustee reveals' all reveal
exchange 'reveal-*.json'
tell 'every trustee deals' all deal
tell 'a share waits for its trustee' is "$(status dkg check 2)" 75
cp 1/folder/shares-1-to-2.json 3/folder/shares-3-to-2.json 2/folder/
cp 2/folder/shares-2-to-1.json 3/folder/shares-3-to-1.json 1/folder/
cp 2/folder/shares-2-to-3.json 3/folder/ # those of 1 are lost
tell 'trustees whose shares fit say so' sh -c "[ -z '$(status dkg check 1 | grep -v 0)$(status dkg check 2 | grep -v 0)' ]"
tell 'a trustee that got none waits' is "$(status dkg check 3)" 75
tell 'it complains when it says so' dkg check 3 --without 1
exchange 'complaint-*.json'
tell 'nobody finishes while a complaint is open' is "$(status dkg finish 2)" 75
tell 'the accused answers' dkg answer 1
tell 'the others have nothing to answer' sh -c "[ $(status dkg answer 2) = 0 ] && [ ! -e 2/folder/answer-2.json ]"
exchange 'answer-*.json'
tell 'every trustee finishes, the third with what was answered' sh -c "[ $(status dkg finish 1)$(status dkg finish 2) = 00 ]"
tell 'the third one, too' dkg finish 3 --without 1
for n in 1 2 3; do
	cp "$n/folder/epochs-$n.json" plan/
	said "plan/epochs-$n.json" >"said-$n"
done
tell 'all have come to the same keys' same said-1 said-2 said-3
sed 's/"trustee":3/"trustee":2/' plan/epochs-3.json >plan/epochs-2.json
tell 'the root takes no word in the name of another' is "$(status "$entrylog" keys dkg bundle plan --root trust/root.key)" 65
cp 2/folder/epochs-2.json plan/
tell 'the root signs the bundle' "$entrylog" keys dkg bundle plan --root trust/root.key
tell 'the root has held no share' sh -c '! ls plan/shares-* trust/*.sealed trust/share*'
tell 'it does not sign the same days twice' is "$(status "$entrylog" keys dkg bundle plan --root trust/root.key)" 73

# Another root's bundle, or a dealer's, is not what was agreed on.
mkdir other && cp trust/root.key trust/root.pub trust/policy.json other/
"$entrylog" keys dkg plan other-plan --dir other --days 3
mkdir -p 4 && cp -r 1 4/1 && rm 4/1/state 4/1/folder/*
for n in 1 2; do
	mkdir -p "4/$n/folder" && cp "$n/key" "4/$n/" && cp other-plan/plan.json "4/$n/folder/"
	(cd 4 && dkg commit $n --dir ../other)
done
cp 4/1/folder/hash-1.json 4/2/folder/ && cp 4/2/folder/hash-2.json 4/1/folder/
for n in 1 2; do (cd 4 && dkg reveal $n --without 3); done
cp 4/1/folder/reveal-1.json 4/2/folder/ && cp 4/2/folder/reveal-2.json 4/1/folder/
for n in 1 2; do (cd 4 && dkg deal $n --without 3); done
cp 4/1/folder/shares-1-to-2.json 4/2/folder/ && cp 4/2/folder/shares-2-to-1.json 4/1/folder/
for n in 1 2; do (cd 4 && dkg check $n --without 3); done
cp 4/1/folder/complaint-1.json 4/2/folder/ && cp 4/2/folder/complaint-2.json 4/1/folder/
for n in 1 2; do (cd 4 && dkg finish $n --without 3) && cp "4/$n/folder/epochs-$n.json" other-plan/; done
tell 'two of three make keys without the third' "$entrylog" keys dkg bundle other-plan --root other/root.key
tell 'a trustee refuses a bundle with other keys' is "$(status dkg accept 1 --dir other -o 1/share)" 65
tell 'and keeps its state then' test -e 1/state

tell 'every trustee accepts its shares' sh -c "[ $(status dkg accept 1 --dir trust -o 1/share)$(status dkg accept 2 --dir trust -o 2/share) = 00 ]"
tell 'the third with the share that was answered' dkg accept 3 --dir trust -o 3/share --without 1
tell 'the secrets of the ceremony are destroyed' sh -c '! ls 1/state 2/state 3/state'
for n in 1 2 3; do "$entrylog" keys list "$n" --json | jq '[.files[] | select(.type == "keyring") | .keys[]] | length' >"count-$n"; done
tell 'each holds three shares for each day' is "$(cat count-1 count-2 count-3 | tr '\n' ' ')" '9 9 9 '
tell 'the bundle has three days' is "$("$entrylog" keys list trust --json | jq .bundle.days_left)" 3
tell 'a further plan begins behind them' sh -c "'$entrylog' keys dkg plan next --dir trust --days 2 --json | jq -e '.first_epoch > $(jq .first_epoch plan/plan.json) + 2'"
dealt() {
	"$entrylog" keys ceremony --dir dealt --threshold 2 --days 1 --trustee a:health:1/key.pub --trustee b:court:2/key.pub \
		--trustee c:academy:3/key.pub --officer health:health.pub --officer court:court.pub
}
tell 'the dealer form says what it means' sh -c "echo '$(dealt)' | grep 'THE DEALER IS TRUSTED ON THAT DAY'"
exec >&3
tap_end
