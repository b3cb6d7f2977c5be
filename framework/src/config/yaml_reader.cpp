// SPDX-License-Identifier: Apache-2.0
// YAML to the same tree that JSON gives. yaml-cpp's events carry positions and show duplicate keys, which its node
// graph does not, and let the size of what aliases expand to be bounded while it grows.
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "contents.hpp"
#include "text.hpp"
#include "yaml_messages.hpp"
#include "yaml_scalar.hpp"

namespace shunt {

namespace json = boost::json;

namespace {

// Rough memory that a value takes, and how deep it goes: what an alias to it costs.
struct Weight {
  std::size_t bytes = 0;
  std::size_t depth = 0;
};

Weight weigh(const json::value& value) {
  Weight weight{32, 0};
  const auto add = [&weight](const json::value& child) {
    const Weight inner = weigh(child);
    weight.bytes += inner.bytes;
    weight.depth = std::max(weight.depth, inner.depth);
  };
  if (const json::string* text = value.if_string()) weight.bytes += text->size();
  if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) add(element);
    ++weight.depth;
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      weight.bytes += member.key().size();
      add(member.value());
    }
    ++weight.depth;
  }
  return weight;
}

// As it is usually written: !!str.
std::string short_tag(const std::string& tag) {
  static constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
  return config_text::in_quotes(tag.starts_with(kPrefix) ? "!!" + tag.substr(kPrefix.size()) : tag);
}

// A value on its way into the tree.
struct Item {
  json::value value;
  std::uint32_t node = 0;
};

// A list or an object that is still open.
struct Frame {
  bool is_map = false;
  json::object object;
  json::array array;
  std::vector<LocationTree::Child> children;
  Span span;
  YAML::anchor_t anchor = 0;
  std::optional<std::string> key;  // read, and waiting for its value
  Span key_span;
  bool key_merges = false;  // the key is a plain <<
  std::vector<std::pair<Item, Span>> merges;
};

// Receives the events of one text and builds values and places together. Throws a TextProblem to stop the parser.
class Builder : public YAML::EventHandler {
 public:
  Builder(Document::Contents& contents, Diagnostics& diagnostics) : contents_(contents), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    throw TextProblem{span_at(mark, {}),
                      "C109",
                      "a second YAML document begins here; a file holds one",
                      {},
                      {"a line with --- separates documents"}};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (awaits_key()) return set_key("null", span_at(mark, "null"), false);
    // The mark of a value that is not written is that of whatever comes next.
    Span span = span_at(mark, "null");
    const std::string_view here = std::string_view(contents_.text).substr(span.offset, 4);
    if (here.starts_with('~')) {
      span.length = 1;
    } else if (!is_yaml_null(here)) {
      span = stack_.empty() ? Span{} : stack_.back().is_map ? stack_.back().key_span : stack_.back().span;
    } else {
      span.length = static_cast<std::uint32_t>(std::max<std::size_t>(here.size(), 1));
    }
    add({nullptr, contents_.locations.add(span)}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::string_view rest = std::string_view(contents_.text).substr(offset(mark));
    const Span span = span_at(mark, rest.substr(0, rest.find_first_of(" \t\r\n,]}:")));
    const auto it = anchored_.find(anchor);
    if (it == anchored_.end()) throw TextProblem{span, "C109", "this alias is part of what it stands for", {}, {}};
    const Item& original = it->second;
    if (awaits_key()) {
      if (!original.value.is_string())
        throw TextProblem{span, "C109", "an alias used as a key must be a string", {}, {}};
      return set_key(std::string(original.value.get_string()), span, false);
    }
    const Weight weight = weigh(original.value);
    charge(weight.bytes, span);
    check_depth(weight.depth, span);
    // The same subtree of places, under a node of its own that stands where the alias does.
    LocationTree::Node node = contents_.locations.nodes[original.node];
    node.value = span;
    contents_.locations.nodes.push_back(node);
    add({original.value, static_cast<std::uint32_t>(contents_.locations.nodes.size() - 1)}, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const Span span = span_at(mark, text);
    std::optional<json::value> value = yaml_scalar(tag, text);
    if (!value) {
      throw TextProblem{
          span,
          "C109",
          "the tag " + short_tag(tag) + " is unknown or does not fit the value " + config_text::in_quotes(text),
          {},
          {"known tags: !!str, !!int, !!float, !!bool, !!null, !!map, !!seq"}};
    }
    if (awaits_key()) {
      set_key(text, span, tag == "?" && text == "<<");
      if (anchor != 0) remember(anchor, {json::value(text), contents_.locations.add(span)});
      return;
    }
    add({std::move(*value), contents_.locations.add(span)}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:seq", anchor, false);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:map", anchor, true);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    merge(stack_.back());
    close();
  }

  Span span_at(const YAML::Mark& mark, std::string_view plain) const {
    return yaml_span(contents_.text, offset(mark), plain);
  }

 private:
  bool awaits_key() const { return !stack_.empty() && stack_.back().is_map && !stack_.back().key; }

  std::size_t offset(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
    if (line >= contents_.line_starts.size()) return contents_.text.size();
    return std::min(contents_.line_starts[line] + static_cast<std::size_t>(std::max(mark.column, 0)),
                    contents_.text.size());
  }

  // Both storing an anchored value and expanding it costs; what is written once and used once is free.
  void charge(std::size_t bytes, Span span) {
    expanded_ += bytes;
    if (expanded_ > Document::kMaxBytes) {
      throw TextProblem{span, "C108", "the aliases up to here expand to more than fits into a config file", {}, {}};
    }
  }

  void check_depth(std::size_t more, Span span) const {
    if (stack_.size() + more <= Document::kMaxDepth) return;
    throw TextProblem{span,
                      "C107",
                      "lists and objects are nested deeper than " + std::to_string(Document::kMaxDepth) + " levels",
                      {},
                      {}};
  }

  void open(const YAML::Mark& mark, const std::string& tag, std::string_view standard, YAML::anchor_t anchor,
            bool is_map) {
    Frame frame;
    frame.is_map = is_map;
    frame.anchor = anchor;
    frame.span = span_at(mark, {});
    if (!is_map || frame.span.length > 1) frame.span.length = 1;  // a block mapping begins with its first key
    if (awaits_key()) {
      throw TextProblem{frame.span, "C109", "a key must be a string, not a list or an object", {}, {}};
    }
    if (!tag.empty() && tag != "?" && tag != "!" && tag != standard) {
      throw TextProblem{
          frame.span, "C109", "the tag " + short_tag(tag) + " is unknown or does not fit this value", {}, {}};
    }
    check_depth(1, frame.span);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    const std::uint32_t node = contents_.locations.add(frame.span);
    contents_.locations.set_children(node, frame.children);
    Item item{nullptr, node};
    if (frame.is_map) {
      item.value = std::move(frame.object);
    } else {
      item.value = std::move(frame.array);
    }
    add(std::move(item), frame.anchor);
  }

  void remember(YAML::anchor_t anchor, Item item) {
    charge(weigh(item.value).bytes, contents_.locations.nodes[item.node].value);
    anchored_[anchor] = std::move(item);
  }

  // An empty key is a place too, of one byte, because no length means no key.
  void set_key(std::string key, Span span, bool merges) {
    Frame& frame = stack_.back();
    if (span.length == 0) span.length = 1;
    frame.key = std::move(key);
    frame.key_span = span;
    frame.key_merges = merges;
  }

  void add(Item item, YAML::anchor_t anchor) {
    if (anchor != 0) remember(anchor, item);
    if (stack_.empty()) {
      contents_.root = std::move(item.value);
      contents_.locations.root = item.node;
      return;
    }
    Frame& frame = stack_.back();
    if (!frame.is_map) {
      frame.array.push_back(std::move(item.value));
      frame.children.push_back({item.node, {}});
      return;
    }
    const std::string key = std::move(*frame.key);
    frame.key.reset();
    if (frame.key_merges) {
      frame.merges.emplace_back(std::move(item), frame.key_span);
      return;
    }
    insert(frame, key, std::move(item));
  }

  // As in JSON the last of several wins, and all but the first are reported.
  void insert(Frame& frame, const std::string& key, Item item) {
    const auto it = frame.object.find(key);
    if (it == frame.object.end()) {
      frame.object.emplace(key, std::move(item.value));
      frame.children.push_back({item.node, frame.key_span});
      return;
    }
    LocationTree::Child& child = frame.children[static_cast<std::size_t>(it - frame.object.begin())];
    const SourcePosition first = contents_.position(child.key.offset);
    diagnostics_.add(contents_.diagnose(frame.key_span, "C103", "duplicate key " + config_text::in_quotes(key), {},
                                        {"the first one is at " + config_text::at_line(first.line)}));
    it->value() = std::move(item.value);
    child = {item.node, frame.key_span};
  }

  // What is written in the map itself wins over what is merged into it, and an earlier merge over a later one.
  void merge(Frame& frame) {
    for (const auto& [item, key_span] : frame.merges) {
      if (item.value.is_object()) {
        merge_one(frame, item.value.get_object(), item.node);
        continue;
      }
      const json::array* list = item.value.if_array();
      bool usable = list != nullptr;
      for (std::size_t i = 0; usable && i < list->size(); ++i) usable = (*list)[i].is_object();
      if (!usable) {
        diagnostics_.add(contents_.diagnose(key_span, "C109", "<< needs an object, or a list of objects, to merge"));
        continue;
      }
      for (std::size_t i = 0; i < list->size(); ++i) {
        merge_one(frame, (*list)[i].get_object(), child_of(item.node, i).node);
      }
    }
  }

  void merge_one(Frame& frame, const json::object& source, std::uint32_t node) {
    std::size_t i = 0;
    for (const auto& member : source) {
      const LocationTree::Child child = child_of(node, i++);
      if (frame.object.contains(member.key())) continue;
      frame.object.emplace(member.key(), member.value());
      frame.children.push_back(child);
    }
  }

  LocationTree::Child child_of(std::uint32_t node, std::size_t index) const {
    return contents_.locations.children[contents_.locations.nodes[node].first_child + index];
  }

  Document::Contents& contents_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Item> anchored_;
  std::size_t expanded_ = 0;
  int documents_ = 0;
};

// Control characters end yaml-cpp's input early or are swallowed.
bool check_characters(const Document::Contents& contents, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < contents.text.size(); ++i) {
    const char c = contents.text[i];
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') continue;
    if (c == '\r' && i + 1 < contents.text.size() && contents.text[i + 1] == '\n') continue;
    diagnostics.add(contents.diagnose(
        {static_cast<std::uint32_t>(i), 1}, "C102",
        c == '\r' ? "a carriage return alone does not end a line" : "control characters are not possible in YAML"));
    return false;
  }
  return true;
}

// yaml-cpp folds lines by "\n". Columns do not change: a carriage return is the last byte of its line.
std::string without_carriage_returns(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != '\r') out += c;
  }
  return out;
}

}  // namespace

bool read_yaml(Document::Contents& contents, Diagnostics& diagnostics) {
  if (!check_characters(contents, diagnostics)) return false;
  Builder builder(contents, diagnostics);
  try {
    std::istringstream input(without_carriage_returns(contents.text));
    YAML::Parser parser(input);
    if (!parser.HandleNextDocument(builder)) contents.locations.root = contents.locations.add({});
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const TextProblem& problem) {
    diagnostics.add(contents.diagnose(problem.span, problem.code, problem.message, problem.suggestion, problem.notes));
  } catch (const YAML::DeepRecursion& error) {
    diagnostics.add(
        contents.diagnose(builder.span_at(error.mark, {}), "C107", "lists and objects are nested too deep"));
  } catch (const YAML::Exception& error) {
    const Span span = builder.span_at(error.mark, {});
    const std::string_view line = contents.line(contents.position(span.offset).line);
    diagnostics.add(contents.diagnose(span, "C101", yaml_problem(error.msg, line)));
  }
  return false;
}

}  // namespace shunt
