"""Tests of what the scripts in Python count and decide, with the tool replaced; Scripts/check runs them with plain Python."""

import contextlib
import io
import os
import random
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import measured
import reproduce_table


class InAnEmptyFolder(unittest.TestCase):
    """With a policy, its environment, and a tool whose figures are `self.returns` by attack."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        before = Path.cwd()
        os.chdir(folder)
        self.addCleanup(os.chdir, before)
        self.environment = Path("Environments/catch-v1.yaml")
        self.policy = Path("policy.safetensors")
        for file in (self.environment, self.policy):
            file.parent.mkdir(exist_ok=True)
            file.write_text("one")
        self.returns, self.asked = {}, []
        self.enterContext(mock.patch.object(measured, "hoodwink", self.tool))
        self.enterContext(mock.patch.object(reproduce_table, "hoodwink", self.tool))
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        measured.reused.clear()
        measured.made.clear()

    def tool(self, verb: str, *arguments: str) -> dict | list:
        self.asked.append((verb, *arguments))
        if verb == "baseline":
            return [{"mean": 0.0}]
        if verb == "certify":
            return {"sizes": [{"certificationRate": 0.5}]}
        _, _, attack, _, epsilon, *_ = arguments
        size = float(epsilon.split("/")[0])
        mean = 10.0 if size == 0 else self.returns.get((attack, epsilon), self.returns.get(attack, 10.0))
        row = {"mean": mean, "returns": [mean], "attack": attack, "epsilonValue": size / 255, "seconds": 1.0}
        return {"cells": [{"mean": 10.0}, row]}

    def cell(self, attack: str, epsilon: str = "1/255") -> dict:
        return measured.cell("catch", self.policy, "catch-v1", attack, epsilon, 10)


class FiguresAreKept(InAnEmptyFolder):
    def test_what_was_measured_is_not_measured_again(self) -> None:
        self.assertEqual(self.cell("fgsm"), self.cell("fgsm"))
        self.assertEqual(len(self.asked), 1)

    def test_another_policy_environment_or_command_is_measured(self) -> None:
        self.cell("fgsm")
        self.cell("pgd")
        self.cell("fgsm", "2/255")
        self.policy.write_text("two")
        self.cell("fgsm")
        self.environment.write_text("two")
        self.cell("fgsm")
        self.assertEqual(len(self.asked), 5)


class FiguresAreChecked(InAnEmptyFolder):
    def next_run(self) -> None:
        measured.made.clear()
        self.asked.clear()

    def test_what_this_run_has_measured_is_no_check(self) -> None:
        self.cell("fgsm")
        self.cell("fgsm")
        self.asked.clear()
        measured.check()
        self.assertEqual(self.asked, [])

    def test_each_attack_is_measured_again_once(self) -> None:
        for run in range(2):
            self.next_run()
            for attack in ("fgsm", "pgd"):
                for epsilon in ("1/255", "2/255"):
                    self.cell(attack, epsilon)
            measured.certification_rate("catch", self.policy, "catch-v1", "1/255")
        self.assertEqual(self.asked, [])
        measured.check()
        self.assertEqual(sorted(verb for verb, *_ in self.asked), ["certify", "evaluate", "evaluate"])
        self.next_run()
        measured.check()
        self.assertEqual(self.asked, [])
        for attack in ("fgsm", "pgd"):
            self.cell(attack)
        measured.check(1)
        self.assertEqual(len(self.asked), 1)

    def test_another_figure_ends_the_script(self) -> None:
        self.cell("fgsm")
        self.next_run()
        self.cell("fgsm")
        self.returns["fgsm"] = 3.0
        with self.assertRaisesRegex(SystemExit, "gives other figures"):
            measured.check()


class TheTable(InAnEmptyFolder):
    def setUp(self) -> None:
        super().setUp()
        for name in ("catch-v1-dqn", "catch-v1-dqn-robust"):
            folder = Path("Policies") / name
            folder.mkdir(parents=True)
            (folder / "policy.safetensors").write_text(name)

    def test_epsilon_is_the_first_that_leaves_a_tenth(self) -> None:
        self.returns = {(measured.PGD, "1/255"): 1.01, (measured.PGD, "2/255"): 1.0}
        self.assertEqual(reproduce_table.chosen_epsilon("catch-v1-dqn", "catch-v1", 10, 0, 10), "2/255")
        with self.assertRaisesRegex(SystemExit, "no epsilon"):
            reproduce_table.chosen_epsilon("catch-v1-dqn", "catch-v1", 100, -1000, 10)

    def test_a_row_says_the_strongest_and_what_is_above_clean(self) -> None:
        self.returns = {measured.PGD: 0.5, "mad": -0.001, "noise": 12.0}
        rows = [line for line in reproduce_table.table(["catch-v1"], 10).splitlines() if line.startswith("| catch-v1")]
        self.assertEqual(len(rows), 2)
        self.assertIn("| plain | 10.00 (1.00) | 12.00 (1.20) (above clean) | 10.00 (1.00) | 0.50 (0.05) | 0.00 (0.00; 0.00 to 0.00) mad | 50.0% |", rows[0])

    def test_an_interval_is_that_of_both_means(self) -> None:
        # Of two returns, each resample's mean is 0, 1 or 2, with probabilities 1/4, 1/2 and 1/4; the scale is 4 − 2.
        self.assertEqual(reproduce_table.score_interval([2.0, 4.0], [4.0], 2.0), (0.0, 1.0))
        # Normal theory: means of 100 draws with deviations of 1 and 2 beside 10; the ratio's relative error is √(0.01² + 0.02²).
        draws = random.Random(1)
        returns, clean = ([draws.gauss(10, deviation) for _ in range(100)] for deviation in (1, 2))
        low, high = reproduce_table.score_interval(returns, clean, 0.0)
        self.assertAlmostEqual((high - low) / (high + low), 1.96 * 0.0224, delta=0.01)

    def test_each_attack_of_the_strongest_is_named_below(self) -> None:
        below = reproduce_table.table([], 10).lower().replace(" ", "-")
        names = {measured.PGD: "pgd-20×5", "pgd:steps=50:restarts=10": "pgd-50×10",
                 "pgd:restarts=2+pgd:restarts=2:loss=margin": "pgd-up-cross-entropy-and-the-margin",
                 "apgd": "auto-pgd-up-each-of-them", "apgd:loss=margin": "auto-pgd-up-each-of-them", "mifgsm": "mi-fgsm"}
        for attack in measured.STRONGEST:
            self.assertIn(names.get(attack, attack), below)

    def test_only_what_is_between_the_marks_is_replaced(self) -> None:
        page = f"before\n{reproduce_table.START}\nold\n{reproduce_table.END}\nafter\n"
        self.assertEqual(reproduce_table.replaced("new", page), page.replace("old", "new"))
        for broken in (page.replace(reproduce_table.END, ""), page + page):
            with self.assertRaisesRegex(SystemExit, "README.md"):
                reproduce_table.replaced("new", broken)

    def test_the_whole_table_is_written_or_none(self) -> None:
        Path("README.md").write_text(f"{reproduce_table.START}\nold\n{reproduce_table.END}\n")
        for arguments in (["catch-v1"], ["--episodes", "20"]):
            with mock.patch("sys.argv", ["reproduce-table", "--update", *arguments]), self.assertRaises(SystemExit):
                reproduce_table.main()
        self.assertIn("old", Path("README.md").read_text())


if __name__ == "__main__":
    unittest.main()
