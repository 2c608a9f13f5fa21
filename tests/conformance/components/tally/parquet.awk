# The footer of a Parquet file, as decimal bytes, -> lines "column NAME TYPE CONVERTED" and "rows N".
#
# The footer is FileMetaData in Thrift's compact protocol: https://parquet.apache.org/docs/file-format/metadata/
# TYPE is the number of the physical type (5 double, 6 byte array ...), CONVERTED that of the converted type (0 UTF-8), or -.

{ for (i = 1; i <= NF; i++) bytes[count++] = $i }

END {
    for (code = 1; code <= 255; code++) character[code] = sprintf("%c", code)
    file_metadata()
}

function varint(    value, factor, byte) {
    value = 0; factor = 1
    do { byte = bytes[at++]; value += (byte % 128) * factor; factor *= 128 } while (byte >= 128 && at < count)
    return value
}

function zigzag(    value) {
    value = varint()
    return value % 2 ? -(value + 1) / 2 : value / 2
}

function text(    length_, value) {
    length_ = varint(); value = ""
    while (length_-- > 0) value = value character[bytes[at++]]
    return value
}

# Reads the head of the next field into `kind` and returns its number; 0 at the end of the structure.
function field(last,    head) {
    if (at >= count) exit 1
    head = bytes[at++]
    kind = head % 16
    if (head == 0) return 0
    return int(head / 16) ? last + int(head / 16) : zigzag()
}

# Reads the head of a list into `kind` and returns how many elements follow.
function list(    head) {
    head = bytes[at++]
    kind = head % 16
    return int(head / 16) == 15 ? varint() : int(head / 16)
}

function skip(kind_,    number, size, inner) {
    if (kind_ <= 2) return
    if (kind_ == 3) at++
    else if (kind_ <= 6) varint()
    else if (kind_ == 7) at += 8
    else if (kind_ == 8) { size = varint(); at += size }
    else if (kind_ == 9 || kind_ == 10) { size = list(); inner = kind; while (size-- > 0) skip_element(inner) }
    else if (kind_ == 12) { number = 0; while ((number = field(number)) != 0) skip(kind) }
    else exit 1
}

# In a list a boolean takes a byte; in a structure it is part of the field's head.
function skip_element(kind_) { if (kind_ <= 2) at++; else skip(kind_) }

function schema_element(    number, name, type, children, converted) {
    number = 0; type = "-"; converted = "-"; children = 0; name = ""
    while ((number = field(number)) != 0) {
        if (number == 1) type = zigzag()
        else if (number == 4) name = text()
        else if (number == 5) children = zigzag()
        else if (number == 6) converted = zigzag()
        else skip(kind)
    }
    if (children == 0) print "column", name, type, converted
}

function file_metadata(    number, elements) {
    number = 0
    while ((number = field(number)) != 0) {
        if (number == 2) { elements = list(); while (elements-- > 0) schema_element() }
        else if (number == 3) { print "rows", zigzag(); exit 0 }
        else skip(kind)
    }
}
