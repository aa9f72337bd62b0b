// A frame's groupings for rows of other groups.
#include "design/columns.hpp"
#include "design/design.hpp"
#include "design/levels.hpp"

namespace bdglm {

Frame with_groups_of(const Table& table, const std::vector<std::size_t>& rows, Frame frame) {
  const Formula formula = frame.formula();
  for (const RightSide& side : formula.sides)
    for (const Term& term : side.groups) {
      const std::string name = term.group_name();
      frame.groupings[name] = find_group_levels(table, term.factors, rows);
      frame.group_levels[name] = frame.groupings[name].shown();
    }
  frame.columns = describe_columns(frame, formula);
  return frame;
}

}  // namespace bdglm
