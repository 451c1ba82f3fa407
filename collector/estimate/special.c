/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/estimate/special.h"

#include <math.h>

#define LN2_HIGH         6.93147180369123816490e-01 /* its last 32 bits are zero */
#define LN2_LOW          1.90821492927058770002e-10
#define HALF_SQUARE_ROOT 0.70710678118654752440
#define HALF_LOG_2_PI    0.91893853320467274178
#define EXP_FLOOR        (-700.0)

#define LOG_TERMS   12 /* of the series of artanh: 0.1716^25 / 25 is below 1e-20 */
#define EXP_TERMS   15 /* 0.35^16 / 16! is below 1e-20 */
#define STIRLING_AT 10.0

#define FRACTION_STEPS_MAX 1000
#define FRACTION_PRECISION 1e-15
#define BISECTIONS         200
#define TINY               1e-300

/* x = m 2^e with m around 1; log m = 2 artanh((m - 1) / (m + 1)). */
double special_log(double x)
{
    int exponent = 0;
    double m = frexp(x, &exponent);
    if (m < HALF_SQUARE_ROOT) {
        m *= 2;
        exponent--;
    }
    double s = (m - 1) / (m + 1);
    double square = s * s;
    double sum = 0;
    for (int k = LOG_TERMS; k >= 1; k--)
        sum = (sum + 1.0 / (2 * k + 1)) * square;
    return exponent * LN2_HIGH + (2 * s + (2 * s * sum + exponent * LN2_LOW));
}

double special_exp(double x)
{
    if (x < EXP_FLOOR)
        return 0;
    double k = floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double sum = 1;
    for (int i = EXP_TERMS; i >= 1; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, (int)k);
}

/* Stirling's series (DLMF 5.11.1), after going up to where it is exact enough. */
double special_log_gamma(double x)
{
    static const double terms[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                   1.0 / 1188, -691.0 / 360360, 1.0 / 156};
    double product = 1;
    for (; x < STIRLING_AT; x += 1)
        product *= x;
    double inverse = 1 / x;
    double sum = 0;
    for (int i = (int)(sizeof terms / sizeof terms[0]) - 1; i >= 0; i--)
        sum = sum * inverse * inverse + terms[i];
    return (x - 0.5) * special_log(x) - x + HALF_LOG_2_PI + sum * inverse - special_log(product);
}

static double off_zero(double value)
{
    return fabs(value) < TINY ? TINY : value;
}

/* Lentz's method for the continued fraction of the incomplete beta function (DLMF 8.17.22). */
static double beta_fraction(double x, double a, double b)
{
    double c = 1;
    double d = 1 / off_zero(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m <= FRACTION_STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        const double terms[] = {even, odd};
        double step = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 / off_zero(1 + terms[i] * d);
            c = off_zero(1 + terms[i] / c);
            step = c * d;
            fraction *= step;
        }
        if (fabs(step - 1) < FRACTION_PRECISION)
            break;
    }
    return fraction;
}

double special_beta(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    double front = special_exp(special_log_gamma(a + b) - special_log_gamma(a) -
                               special_log_gamma(b) + a * special_log(x) + b * special_log(1 - x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double special_beta_quantile(double probability, double a, double b)
{
    double lower = 0;
    double upper = 1;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = lower + (upper - lower) / 2;
        if (middle <= lower || middle >= upper)
            break;
        if (special_beta(middle, a, b) < probability)
            lower = middle;
        else
            upper = middle;
    }
    return lower + (upper - lower) / 2;
}
