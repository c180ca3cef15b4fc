"""Writes the made samples wide.csv, tall.csv, houses.csv, churn.csv and survival.csv.

Standard library only, fixed seeds: every run gives the same bytes.

    python3 samples/make.py
"""
import random
from math import exp, log, sqrt
from pathlib import Path

HERE = Path(__file__).parent


def ar1(rng, p, rho):
    """One row of p standard normal values, correlation rho^|i-j|."""
    row = [rng.gauss(0, 1)]
    scale = sqrt(1 - rho * rho)
    for _ in range(p - 1):
        row.append(rho * row[-1] + scale * rng.gauss(0, 1))
    return row


def wide():
    """100 x 500, more columns than rows: levels around 8, five columns matter."""
    rng = random.Random(101)
    n, p = 100, 500
    # 1-based column: coefficient
    truth = {40: 1.5, 41: 1.0, 170: -1.2, 333: 1.0, 480: -0.8}
    with open(HERE / "wide.csv", "w", newline="") as out:
        out.write("id," + ",".join(f"x{j}" for j in range(1, p + 1)) + ",y\n")
        for i in range(1, n + 1):
            x = [8 + 1.2 * z for z in ar1(rng, p, 0.6)]
            y = 20 + sum(b * x[j - 1] for j, b in truth.items()) + rng.gauss(0, 1)
            cells = [f"{v:.5g}" for v in x] + [f"{y:.5g}"]
            out.write(f"s{i:03d}," + ",".join(cells) + "\n")


def tall():
    """20,000 x 12, columns of different scales, six of them matter."""
    rng = random.Random(102)
    n, p = 20_000, 12
    scale = [10, 1, 100, 10, 10, 1000, 10, 1, 10, 100, 10, 10]
    effect = [2, 0, -1.5, 0, 0, 1, 0.5, 0, 0, -0.25, 0, 0.1]
    with open(HERE / "tall.csv", "w", newline="") as out:
        out.write(",".join(f"x{j}" for j in range(1, p + 1)) + ",y\n")
        for _ in range(n):
            z = ar1(rng, p, 0.5)
            y = 50 + sum(b * v for b, v in zip(effect, z)) + rng.gauss(0, 3)
            cells = [f"{s * v:.4g}" for s, v in zip(scale, z)] + [f"{y:.4g}"]
            out.write(",".join(cells) + "\n")


STREETS = ["Mill Lane", "High Street", "Station Road", "Oak Avenue", "Quarry Hill",
           "Church Walk", "Harbour Row", "Elm Close", "Canal Side", "North Terrace"]
TOWNS = ["Ashby", "Brook End", "Carrow", "Dunmere", "Eastwell"]
REMARKS = ["", "", "", "needs work", "corner plot", "quiet street", "sold as seen",
           'known as "The Old Mill"', "new roof, new windows", "view over the river",
           'agent writes: "ideal, for a family"', "élégant façade", "no chain; vacant"]
HOUSE_COLUMNS = ["area", "rooms", "baths", "year", "distance", "lot", "garage",
                 "floors", "condition", "noise", "energy", "tax"]


def quoted(cell):
    """RFC 4180 quoting where the cell needs it."""
    if any(c in cell for c in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def houses():
    """300 sales with text columns; UTF-8 with BOM, CRLF ends, quoted cells."""
    rng = random.Random(103)
    rows = [["id", "address", *HOUSE_COLUMNS, "price", "remark"]]
    for i in range(1, 301):
        area = round(min(320, max(38, rng.gauss(125, 42))))
        rooms = max(1, round(area / 27 + rng.gauss(0, 0.8)))
        baths = max(1, round(area / 80 + rng.gauss(0, 0.4)))
        year = rng.randint(1890, 2022)
        distance = round(rng.expovariate(1 / 6) + 0.3, 1)       # km to the centre
        lot = round(area * rng.uniform(1.2, 6) + 20 * distance)
        garage = rng.choice([0, 0, 1, 1, 1, 2])
        floors = rng.choice([1, 1, 2, 2, 2, 3])
        condition = rng.randint(1, 5)
        noise = round(max(35, rng.gauss(58 - 0.6 * distance, 5)), 1)   # dB
        energy = round(max(25, 260 - 1.1 * (year - 1890) + rng.gauss(0, 30)), 1)
        tax = round(6.5 * area + 0.4 * lot + rng.gauss(0, 90), 2)
        price = (60_000 + 1_900 * area + 90 * lot - 5_200 * distance
                 + 14_000 * condition + 11_000 * garage - 250 * energy
                 + rng.gauss(0, 32_000))
        price = max(45_000, 500 * round(price / 500))
        number = rng.randint(1, 180)
        street, town = rng.choice(STREETS), rng.choice(TOWNS)
        address = f"{number} {street}, {town}"
        if i % 40 == 7:
            address = f'"{street.split()[0]} House", {number} {street}, {town}'
        if i == 150:
            address = f"Flat 2\n{number} {street}, {town}"      # quoted line break
        numbers = [area, rooms, baths, year, distance, lot, garage, floors,
                   condition, noise, energy, tax, price]
        rows.append([f"{i:05d}", address, *map(str, numbers), rng.choice(REMARKS)])
    text = "".join(",".join(map(quoted, row)) + "\r\n" for row in rows)
    (HERE / "houses.csv").write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))


def count(rng, mean):
    """A Poisson count (Knuth, 1969)."""
    limit, product, k = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        k += 1
    return k


def churn():
    """500 customers who left or stayed: contract, tenure, charge and calls matter."""
    rng = random.Random(104)
    with open(HERE / "churn.csv", "w", newline="") as out:
        out.write("customer,plan,contract,region,age,tenure,charge,calls,data,paperless,churn\n")
        for i in range(1, 501):
            plan = rng.choice(["basic", "basic", "plus", "family"])
            contract = rng.choice(["monthly", "monthly", "yearly"])
            region = rng.choice(["north", "east", "south", "west"])
            age = rng.randint(18, 80)
            tenure = rng.randint(1, 60)
            charge = round(max(12, rng.gauss({"basic": 28, "plus": 44, "family": 61}[plan], 7)), 2)
            calls = count(rng, 0.06 * tenure * (1.8 if plan == "family" else 1))
            data = round(rng.expovariate(1 / 6), 1)
            paperless = rng.choice(["yes", "no"])
            odds = exp(-1.6 + (1.5 if contract == "monthly" else 0) - 0.06 * tenure
                       + 0.035 * (charge - 40) + 0.45 * calls)
            left = "yes" if rng.random() < odds / (1 + odds) else "no"
            cells = [f"C{i:04d}", plan, contract, region,
                     "" if rng.random() < 0.08 else age, tenure, charge,
                     "NA" if rng.random() < 0.05 else calls, data, paperless, left]
            out.write(",".join(map(str, cells)) + "\n")


def survival():
    """300 patients until death or the end of the study: arm, age, stage and two markers matter."""
    rng = random.Random(107)
    stages = {"I": 0, "II": 0.4, "III": 0.9, "IV": 1.6}
    with open(HERE / "survival.csv", "w", newline="") as out:
        out.write("patient,arm,age,stage," + ",".join(f"m{j}" for j in range(1, 9))
                  + ",days,died\n")
        for i in range(1, 301):
            arm = rng.choice(["A", "B"])
            age = rng.randint(38, 84)
            stage = rng.choice(list(stages))
            m = [round(rng.gauss(5, 1.5), 2) for _ in range(8)]
            risk = exp(-0.9 * (arm == "B") + 0.03 * (age - 60) + stages[stage]
                       + 0.4 * (m[1] - 5) - 0.3 * (m[5] - 5))
            days = 900 * (-log(1 - rng.random()) / risk) ** (1 / 1.3)
            end = rng.uniform(200, 1500)
            cells = [f"P{i:03d}", arm, age, stage, *m, max(1, round(min(days, end))),
                     int(days <= end)]
            out.write(",".join(map(str, cells)) + "\n")


wide()
tall()
houses()
churn()
survival()
