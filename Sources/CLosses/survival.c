// Survival times: Cox's partial likelihood of four fits at once, which share the order of the rows.
#include "lanes.h"

/// risk ← e^(η − most) w for rows that are fitted, 0 for others; most is the largest η.
INLINE void weigh_risk(const closses_times *t, const double *eta, size_t stride,
                       const lanes *member, lanes *risk, lanes *most) {
  *most = *(const lanes *)eta;
  for (size_t i = 1; i < t->rows; i++) {
    const lanes e = *(const lanes *)(eta + i * stride);
    *most = CHOOSE(e > *most, e, *most);
  }
  size_t i = 0;
  while (i < t->rows) {
    // A step of one row does not wait for that of another.
    const int some = t->rows - i < GROUPS ? (int)(t->rows - i) : GROUPS;
    lanes r[GROUPS];
    for (int g = 0; g < GROUPS; g++)
      r[g] = g < some ? *(const lanes *)(eta + (i + (size_t)g) * stride) - *most : ALL(0.0);
    exponential(r, GROUPS);
    for (int g = 0; g < some; g++, i++) risk[i] = r[g] * t->weights[i] * member[t->block[i]];
  }
}

/// value[f] ← Σ D log S over the times, hazard ← D / S of each; D is the weight of the events of a time, S
/// the risk of those who are at risk then.
INLINE void accumulate(const closses_times *t, const lanes *member, const lanes *risk,
                       lanes *hazard, lanes *value) {
  lanes sum = ALL(0.0), pending_events[GROUPS], pending_risk[GROUPS];
  *value = ALL(0.0);
  int pending = 0;
  for (size_t time = 0; time < t->times; time++) {
    lanes events = ALL(0.0);
    for (ptrdiff_t place = t->bounds[time]; place < t->bounds[time + 1]; place++) {
      const int32_t row = t->order[place];
      sum += risk[row];
      events += t->events[row] * member[t->block[row]];
    }
    // Where there is no event, nobody need be at risk.
    const lanes divisor = CHOOSE(events > 0.0, sum, ALL(1.0));
    hazard[time] = events / divisor;
    pending_events[pending] = events;
    pending_risk[pending++] = divisor;
    if (pending < GROUPS && time + 1 < t->times) continue;
    for (int g = pending; g < GROUPS; g++) pending_risk[g] = ALL(1.0);
    logarithm(pending_risk, GROUPS);
    for (int g = 0; g < pending; g++) *value += pending_events[g] * pending_risk[g];
    pending = 0;
  }
}

WIDE void closses_survival(const closses_times *t, const double *eta, size_t stride,
                           const double *member, double *pull, double *hazard, double *value,
                           double *cross) {
  const lanes *const in = (const lanes *)member;
  lanes *const h = (lanes *)hazard, *const p = (lanes *)pull;
  lanes sum, most;
  weigh_risk(t, eta, stride, in, p, &most);
  accumulate(t, in, p, h, &sum);
  for (size_t i = 0; i < t->rows; i++)
    sum += t->events[i] * in[t->block[i]] * (most - *(const lanes *)(eta + i * stride));
  *(lanes *)value = sum;
  if (!cross) return;

  lanes total = ALL(0.0), crossed = ALL(0.0);
  for (size_t time = t->times; time-- > 0;) {
    total += h[time];
    for (ptrdiff_t place = t->bounds[time]; place < t->bounds[time + 1]; place++) {
      const int32_t row = t->order[place];
      p[row] = t->events[row] * in[t->block[row]] - p[row] * total;
    }
  }
  for (size_t i = 0; i < t->rows; i++)
    crossed += p[i] * (*(const lanes *)(eta + i * stride) - (t->offset ? t->offset[i] : 0));
  *(lanes *)cross = crossed;
}
