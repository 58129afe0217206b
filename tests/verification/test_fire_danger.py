"""The Fire Weather Index System against its published test series, and the levels of a run."""

import csv
import io

import pytest

from scenarios.forest_fire import danger
from scenarios.forest_fire.settings_danger import Danger
from scenarios.forest_fire.weather import Change, Conditions

# month, day, noon's temperature (C), humidity (%), wind (km/h), rain (mm), then FFMC DMC DC ISI BUI FWI DSR: the 48
# days of Van Wagner and Pickett 1985, figures of the R package cffdrs (cffdrs_r 8d2797df, tests/data/fwi_01.csv)
SERIES = """\
4,13,17,42,25,0,87.6494,8.54505,19.014,10.7762,8.49043,10.0362,1.61193
4,14,20,21,25,2.4,86.2009,10.4019,23.568,8.77083,10.3553,9.22044,1.38733
4,15,8.5,40,17,0,86.908,11.7983,26.052,6.4782,11.7392,7.51672,0.966361
4,16,6.5,25,6,0,88.7592,13.1801,28.176,4.85066,13.1052,6.09501,0.666766
4,17,13,34,24,0,89.0413,15.4362,31.47,12.5116,15.3374,14.7346,3.18073
4,18,6,40,22,0.4,88.5883,16.469,33.504,10.5995,16.3685,13.3554,2.67291
4,19,5.5,52,6,0,87.2785,17.237,35.448,3.92329,17.1413,5.79642,0.610045
4,20,8.5,46,16,0,87.2785,18.4938,37.932,6.49368,18.396,9.50179,1.46314
4,21,9.5,54,20,0,86.7295,19.6759,40.596,7.34665,19.5803,10.8784,1.85903
4,22,7,93,14,9,29.8312,10.1447,29.5247,0.00662331,10.9141,0.00419136,1.68321e-06
4,23,6.5,71,17,1,49.3951,10.679,31.6487,0.357734,11.5852,0.234039,0.0020807
4,24,6,59,17,0,67.216,11.3847,33.6827,1.34637,12.3412,0.912918,0.0231491
4,25,13,52,4,0,77.7289,13.0255,36.9767,1.12601,13.8521,0.816221,0.0189875
4,26,15.5,40,11,0,85.4145,15.4401,40.7207,3.88038,15.8529,5.47411,0.551295
4,27,23,25,9,0,91.4609,19.8221,45.8147,8.30586,19.7828,12.0793,2.2376
4,28,19,46,16,0,89.8744,22.4534,50.1887,9.42255,22.3965,14.1963,2.97798
4,29,18,41,20,0,89.8744,25.1854,54.3827,11.5267,25.1093,17.4972,4.31146
4,30,14.5,51,16,0,88.36,27.0385,57.9467,7.58145,26.9574,13.1671,2.60656
5,1,14.5,69,11,0,85.6441,28.3117,62.9607,4.00639,28.2494,7.9461,1.06621
5,2,15.5,42,8,0,87.3232,30.8464,68.1547,4.36709,30.7792,9.00639,1.33083
5,3,21,37,8,0,89.3279,34.5119,74.3387,5.82156,34.4282,12.1685,2.26693
5,4,23,32,16,0,90.9307,38.8263,80.8827,10.9595,38.7198,20.8805,5.89536
5,5,23,32,14,0,91.1519,43.1407,87.4267,10.2261,43.0131,20.9427,5.92647
5,6,27,33,12,0,91.6058,48.0972,94.6907,9.8622,47.945,21.5579,6.23812
5,7,28,17,27,0,95.1142,54.4558,102.135,34.2657,54.2611,52.3109,29.9555
5,8,23.5,54,20,0,89.6503,57.435,108.769,11.1622,57.2409,25.7187,8.52527
5,9,16,50,22,12.2,62.1996,29.9207,91.8026,1.40537,32.9739,3.01081,0.191354
5,10,11,58,20,0,76.4374,31.2586,96.1866,2.29048,34.4932,5.34122,0.527828
5,11,16,54,16,0,83.3326,33.3294,101.471,3.77048,36.6024,8.78643,1.27385
5,12,21.5,37,9,0,88.6009,37.0778,107.745,5.51545,39.8618,12.6342,2.42274
5,13,14,61,22,0.2,86.6169,38.6282,112.669,7.99689,41.6001,17.1974,4.18157
5,14,15,30,27,0,89.5761,41.5952,117.773,15.7149,44.1807,28.6563,10.324
5,15,20,23,11,0,92.0697,45.8725,123.777,10.0146,47.6222,21.7208,6.32179
5,16,14,95,3,16.4,21.3169,20.0857,96.8932,0.000247601,26.4591,0.000268897,1.30298e-08
5,17,20,53,4,2.8,51.0044,18.2351,102.897,0.225644,25.2731,0.23777,0.00213977
5,18,19.5,30,16,0,82.2126,22.0314,108.811,3.27266,29.2546,6.75766,0.800403
5,19,25.5,51,20,6,75.3197,16.3742,106.332,2.13527,23.6454,3.80234,0.289241
5,20,10,38,24,0,84.2683,18.186,110.536,6.3862,25.7717,11.2086,1.96009
5,21,19,27,16,0,90.2514,22.0489,116.36,9.94562,29.9228,17.0956,4.13786
5,22,26,46,11,4.2,77.5367,18.6711,117.651,1.57779,26.7351,2.91746,0.180979
5,23,30,38,22,0,90.1668,23.7474,125.455,13.2946,32.2386,21.913,6.42114
5,24,25.5,67,19,12.6,65.2849,13.1392,108.435,1.38858,20.1687,1.86212,0.081749
5,25,12,53,28,11.8,55.3883,7.74033,91.5785,1.18299,12.7802,0.81836,0.0190757
5,26,21,38,8,0,80.7927,11.3476,97.7625,1.85162,17.5907,2.53186,0.140818
5,27,13,70,20,3.8,61.7033,8.40599,97.7989,1.23766,13.8384,0.896632,0.0224231
5,28,9,78,24,1.4,64.4326,8.99097,101.823,1.72571,14.7302,1.94105,0.0879821
5,29,11,54,16,0,77.5731,10.4563,106.207,2.03573,16.782,2.7655,0.16463
5,30,15.5,39,9,0,85.3678,13.1221,111.401,3.48569,20.274,5.71927,0.595747
"""


def days():
    for row in csv.reader(io.StringIO(SERIES)):
        month, _, t, h, w, rain, *expected = (float(v) for v in row)
        yield int(month), Conditions(w / 3.6, 270.0, t, h, rain), expected


def test_the_published_series():
    got = list(danger.season((month, noon) for month, noon, _ in days()))
    assert len(got) == 48
    for day, (_, _, expected) in zip(got, days(), strict=True):
        codes = day.codes
        assert [codes.ffmc, codes.dmc, codes.dc] == pytest.approx(expected[:3], rel=1e-5)
        assert [day.isi, day.bui, day.fwi, day.dsr] == pytest.approx(expected[3:], rel=1e-5)


def test_the_first_day_with_the_reports_own_constant(monkeypatch):
    # figures that many programs quote for 13 April (NRCan's fwi.py among them), with 147.2 for the FF scale
    monkeypatch.setattr(danger, "FF_SCALE", 147.2)
    first = next(danger.season((month, noon) for month, noon, _ in days()))
    got = [first.codes.ffmc, first.codes.dmc, first.codes.dc, first.isi, first.bui, first.fwi]
    assert got == pytest.approx([87.692980092774448, 8.5450511359999997, 19.014, 10.853661073655068,
                                 8.4904265358371838, 10.096371392382368], rel=1e-12)


@pytest.mark.parametrize("t, h, w_km_h, rain, expected", [
    # 18 hours from FFMC 72.9 after rain, computed with cffdrs (tests/data/HourlyFineFuelMoistureCode.csv)
    (28.8, 33.74, 218.7, 252.44, 91.8102001943302),
    (15.7, 70.19, 218.7, 252.44, 81.9368182954695),
    (33.8, 62.9, 145.8, 252.44, 87.3404784323883),
    (27.9, 33.74, 291.6, 252.44, 91.6645879007815),
])
def test_hourly_fine_fuel(t, h, w_km_h, rain, expected):
    air = Conditions(w_km_h / 3.6, 0.0, t, h, rain / 18.0)  # cffdrs takes the rain of the whole step
    assert danger.hourly_ffmc(72.9, air, 18.0) == pytest.approx(expected, rel=1e-6)


def test_two_half_hours_are_an_hour_without_rain():
    air = Conditions(4.0, 0.0, 22.0, 35.0)
    once = danger.hourly_ffmc(80.0, air, 1.0)
    assert danger.hourly_ffmc(danger.hourly_ffmc(80.0, air, 0.5), air, 0.5) == pytest.approx(once, rel=1e-12)


@pytest.mark.parametrize("fwi, level", [
    (0.0, 1), (5.19, 1), (5.2, 2), (11.2, 3), (21.3, 4), (37.9, 4), (38.0, 5), (90, 5),
])
def test_levels(fwi, level):
    assert danger.level_of(fwi) == level
    assert danger.LEVELS[0].colour == "green" and danger.LEVELS[4].name_zh == "极高火险"


def run(line, dry_days=10, hours=24, **more):
    return danger.danger_of_run(Danger(dry_days=dry_days, **more), line, start_hour=13.0, month=4, latitude_deg=29.0,
                                duration_s=hours * 3600.0)


def test_danger_through_a_run():
    windy, calm = Conditions(12.0, 295.0, 28.0, 18.0), Conditions(3.0, 295.0, 15.0, 65.0)
    got = run([Change(0.0, windy), Change(6 * 3600.0, calm)])
    assert len(got) == 25
    assert got[0].level == 5 and got[24].fwi < 0.2 * got[0].fwi
    assert got[7].codes.ffmc > got[12].codes.ffmc > got[20].codes.ffmc  # fine fuel moistens through the night
    assert got[23].codes.dmc > got[22].codes.dmc == got[1].codes.dmc  # duff dries on at noon
    wet = run([Change(0.0, Conditions(3.0, 295.0, 12.0, 95.0, 2.0))], dry_days=0)
    assert wet[-1].level == 1 and wet[-1].codes.dmc < wet[0].codes.dmc


def test_dry_days_build_danger_up():
    line = [Change(0.0, Conditions(5.0, 295.0, 24.0, 30.0))]
    index = [run(line, dry_days=n)[0].fwi for n in (0, 5, 15, 40)]
    assert index == sorted(index) and index[-1] > 2 * index[0]
