# Writes catalogue.sql, reserves.mrc and ill.csv into the current directory. Plain POSIX awk, for mawk and gawk alike;
# run it with LC_ALL=C, so that length() counts bytes.

BEGIN {
    ITEMS = 1247; RESERVES = 89; LOANS = 34
    FIELD_END = sprintf("%c", 30); RECORD_END = sprintf("%c", 29); SUBFIELD = sprintf("%c", 31)
    seed = 1247
    read_works()
    make_titles()
    write_catalogue()
    write_reserves()
    write_loans()
}

# A number from 0 to limit - 1; rand() differs from one awk to the next (Park and Miller's minimal standard generator).
function chance(limit) {
    seed = (seed * 16807) % 2147483647
    return seed % limit
}

function work(class, author, title, year) {
    works++
    work_class[works] = class; work_author[works] = author; work_title[works] = title; work_year[works] = year
    if (author in known) return
    known[author] = 1
    authors++
    author_name[authors] = author; author_class[authors] = class
}

function read_works() {
    work("PR4034", "Austen, Jane", "Pride and prejudice", 1813)
    work("PR4034", "Austen, Jane", "Emma", 1816)
    work("PR4034", "Austen, Jane", "Persuasion", 1818)
    work("PQ2163", "Balzac, Honoré de", "Le père Goriot", 1835)
    work("PR4144", "Blake, William", "Songs of innocence and of experience", 1794)
    work("PR4167", "Brontë, Charlotte", "Jane Eyre", 1847)
    work("PR4172", "Brontë, Emily", "Wuthering Heights", 1847)
    work("PR3330", "Bunyan, John", "The pilgrim's progress", 1678)
    work("PR4611", "Carroll, Lewis", "Alice's adventures in Wonderland", 1865)
    work("PQ6323", "Cervantes Saavedra, Miguel de", "Don Quixote", 1605)
    work("PR1866", "Chaucer, Geoffrey", "The Canterbury tales", 1478)
    work("PR4518", "Collins, Wilkie", "The moonstone", 1868)
    work("PR6005", "Conrad, Joseph", "Lord Jim", 1900)
    work("PQ4302", "Dante Alighieri", "La divina commedia", 1472)
    work("QH365", "Darwin, Charles", "On the origin of species", 1859)
    work("PR3403", "Defoe, Daniel", "Robinson Crusoe", 1719)
    work("PR4560", "Dickens, Charles", "Great expectations", 1861)
    work("PR4568", "Dickens, Charles", "Our mutual friend", 1865)
    work("PS1541", "Dickinson, Emily", "Poems", 1890)
    work("PG3326", "Dostoyevsky, Fyodor", "Crime and punishment", 1866)
    work("E449", "Douglass, Frederick", "Narrative of the life of Frederick Douglass, an American slave", 1845)
    work("PQ2228", "Dumas, Alexandre", "Le comte de Monte-Cristo", 1844)
    work("PR4662", "Eliot, George", "Middlemarch", 1871)
    work("PS1600", "Emerson, Ralph Waldo", "Essays", 1841)
    work("Q143", "Faraday, Michael", "The chemical history of a candle", 1861)
    work("PQ2246", "Flaubert, Gustave", "Madame Bovary", 1857)
    work("PR4710", "Gaskell, Elizabeth", "North and South", 1855)
    work("PT1916", "Goethe, Johann Wolfgang von", "Faust: eine Tragödie", 1808)
    work("PG3332", "Gogol, Nikolai", "Dead souls", 1842)
    work("PR4750", "Hardy, Thomas", "Far from the madding crowd", 1874)
    work("PS1868", "Hawthorne, Nathaniel", "The scarlet letter", 1850)
    work("PA4025", "Homer", "The Odyssey", 1614)
    work("PQ2285", "Hugo, Victor", "Les misérables", 1862)
    work("PT8865", "Ibsen, Henrik", "A doll's house", 1879)
    work("PS2116", "James, Henry", "The portrait of a lady", 1881)
    work("B2766", "Kant, Immanuel", "Kritik der reinen Vernunft", 1781)
    work("PR4836", "Keats, John", "Endymion: a poetic romance", 1818)
    work("QA29", "Lovelace, Ada", "Notes on the analytical engine", 1843)
    work("PS2384", "Melville, Herman", "Moby-Dick; or, The whale", 1851)
    work("JC585", "Mill, John Stuart", "On liberty", 1859)
    work("PR3560", "Milton, John", "Paradise lost", 1667)
    work("RT40", "Nightingale, Florence", "Notes on nursing: what it is, and what it is not", 1860)
    work("PS2605", "Poe, Edgar Allan", "The raven, and other poems", 1845)
    work("PG3340", "Pushkin, Alexander", "Eugene Onegin", 1833)
    work("PR2807", "Shakespeare, William", "Hamlet", 1603)
    work("PR2819", "Shakespeare, William", "King Lear", 1608)
    work("PR5397", "Shelley, Mary Wollstonecraft", "Frankenstein; or, The modern Prometheus", 1818)
    work("HB161", "Smith, Adam", "An inquiry into the nature and causes of the wealth of nations", 1776)
    work("PQ2435", "Stendhal", "Le rouge et le noir", 1830)
    work("PR3714", "Sterne, Laurence", "The life and opinions of Tristram Shandy, gentleman", 1759)
    work("PR5486", "Stevenson, Robert Louis", "Treasure Island", 1883)
    work("PS2954", "Stowe, Harriet Beecher", "Uncle Tom's cabin", 1852)
    work("PR3724", "Swift, Jonathan", "Gulliver's travels", 1726)
    work("PR5618", "Thackeray, William Makepeace", "Vanity fair: a novel without a hero", 1848)
    work("PS3048", "Thoreau, Henry David", "Walden; or, Life in the woods", 1854)
    work("PG3366", "Tolstoy, Leo", "War and peace", 1869)
    work("PG3366", "Tolstoy, Leo", "Anna Karenina", 1878)
    work("PS1305", "Twain, Mark", "Adventures of Huckleberry Finn", 1884)
    work("PQ2469", "Verne, Jules", "Vingt mille lieues sous les mers", 1870)
    work("PQ2082", "Voltaire", "Candide, ou L'optimisme", 1759)
    work("PR5774", "Wells, H. G.", "The time machine", 1895)
    work("PS3201", "Whitman, Walt", "Leaves of grass", 1855)
    work("PR5818", "Wilde, Oscar", "The importance of being earnest", 1899)
    work("HQ1596", "Wollstonecraft, Mary", "A vindication of the rights of woman", 1792)
    work("PR5850", "Wordsworth, William", "Lyrical ballads", 1798)
}

# "Brontë, Charlotte" as it stands in a title: "Charlotte Brontë".
function spoken(name,    comma) {
    comma = index(name, ", ")
    return comma ? substr(name, comma + 2) " " substr(name, 1, comma - 1) : name
}

function add_title(class, author, text, year) {
    titles++
    title_class[titles] = class; title_author[titles] = author; title_text[titles] = text; title_year[titles] = year
}

# The works themselves, in editions, and what libraries hold beside them.
function make_titles(    i, volume) {
    for (i = 1; i <= works; i++) {
        add_title(work_class[i], work_author[i], work_title[i], work_year[i])
        add_title(work_class[i], work_author[i], work_title[i] " : a new edition, with notes", 1880 + chance(45))
        add_title(work_class[i], work_author[i], work_title[i] " : illustrated edition", 1890 + chance(35))
    }
    for (i = 1; i <= authors; i++) {
        add_title(author_class[i], author_name[i], "The letters of " spoken(author_name[i]), 1870 + chance(50))
        add_title(author_class[i], "", "A life of " spoken(author_name[i]), 1865 + chance(55))
        add_title(author_class[i], author_name[i], "A " spoken(author_name[i]) " reader", 1895 + chance(30))
        for (volume = 1; volume <= 3; volume++)
            add_title(author_class[i], author_name[i], "The works of " spoken(author_name[i]) ", vol. " volume,
                1900 + i % 20)
    }
}

# The fourteenth digit of a barcode (Luhn), and the thirteenth of an ISBN.
function with_luhn_digit(digits,    i, digit, sum) {
    for (i = length(digits); i > 0; i--) {
        digit = substr(digits, i, 1) * ((length(digits) - i) % 2 ? 1 : 2)
        sum += digit > 9 ? digit - 9 : digit
    }
    return digits (10 - sum % 10) % 10
}

function with_isbn_digit(digits,    i, sum) {
    for (i = 1; i <= 12; i++) sum += substr(digits, i, 1) * (i % 2 ? 1 : 3)
    return digits (10 - sum % 10) % 10
}

# 2 for a patron, 3 for an item; four digits for the institution; a running number.
function barcode(institution, number) { return with_luhn_digit(sprintf("3%04d%08d", institution, number)) }
function isbn(number) { return with_isbn_digit(sprintf("978000%06d", number * 37)) }

function call_number(i) {
    return title_class[i] " ." substr("ABCDEFGHJKLMNPRSTW", 1 + i % 18, 1) (11 + i * 7 % 88) " " title_year[i]
}

# 975 available, 125 charged, 67 missing, 45 lost, 35 in transit; 521 and 1247 have no common factor.
function status(item,    place) {
    place = item * 521 % ITEMS
    if (place < 975) return "available"
    if (place < 1100) return "charged"
    if (place < 1167) return "missing"
    return place < 1212 ? "lost" : "in_transit"
}

function sql(text) {
    gsub(/'/, "''", text)
    return "'" text "'"
}

function write_catalogue(    i, t, author, place, copy, out) {
    out = "catalogue.sql"
    print "BEGIN;" > out
    print "CREATE TABLE items (" > out
    print "    barcode TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT, year INTEGER NOT NULL," > out
    print "    call_number TEXT NOT NULL, copy INTEGER NOT NULL, location TEXT NOT NULL, status TEXT NOT NULL" > out
    print "        CHECK (status IN ('available', 'charged', 'missing', 'lost', 'in_transit'))" > out
    print ") STRICT, WITHOUT ROWID;" > out
    for (i = 1; i <= ITEMS; i++) {
        t = 1 + (i - 1) % titles
        author = "NULL"
        if (title_author[t] != "") author = sql(title_author[t])
        place = "stacks"
        if (i % 7 == 0) place = "reading room"
        copy = 1 + int((i - 1) / titles)
        printf "INSERT INTO items VALUES (%s, %s, %s, %d, ", sql(barcode(1247, i)), sql(title_text[t]), author,
            title_year[t] > out
        printf "%s, %d, %s, %s);\n", sql(call_number(t)), copy, sql(place), sql(status(i)) > out
    }
    print "CREATE INDEX items_by_status ON items (status);" > out
    print "COMMIT;" > out
    close(out)
}

function begin_record() { directory = ""; fields = "" }

function field(tag, content) {
    content = content FIELD_END
    directory = directory tag sprintf("%04d%05d", length(content), length(fields))
    fields = fields content
}

# Leader of a new printed book in UTF-8, directory, fields.
function record(    base) {
    base = 24 + length(directory) + 1
    return sprintf("%05dnam a22%05d   4500", base + length(fields) + 1, base) directory FIELD_END fields RECORD_END
}

# Most reserves are books of the catalogue; nine are teachers' own copies, with barcodes of their own.
function write_reserves(    i, t, item, copy) {
    for (i = 1; i <= RESERVES; i++) {
        item = 1 + i * 13
        t = 1 + (item - 1) % titles
        copy = i % 10 == 9 ? barcode(9001, i) : barcode(1247, item)
        begin_record()
        field("001", sprintf("res%05d", i))
        field("005", "20261121093000.0")
        field("008", sprintf("261121s%04d    xxk           000 0 eng d", title_year[t]))
        field("020", "  " SUBFIELD "a" isbn(item))
        if (title_author[t] != "") field("100", "1 " SUBFIELD "a" title_author[t] ".")
        else field("100", "1 " SUBFIELD "aAnonymous.")
        field("245", "10" SUBFIELD "a" title_text[t] ".")
        field("264", " 1" SUBFIELD "aLondon :" SUBFIELD "bUniversity Press," SUBFIELD "c" title_year[t] ".")
        field("852", "0 " SUBFIELD "bMAIN" SUBFIELD "cRESERVES" SUBFIELD "h" call_number(t) SUBFIELD "p" copy)
        field("952", "  " SUBFIELD "aMAIN" SUBFIELD "cRESERVES" SUBFIELD "o" call_number(t) SUBFIELD "p" copy)
        printf "%s", record() > "reserves.mrc"
    }
    close("reserves.mrc")
}

function csv(text) {
    if (text !~ /[",]/) return text
    gsub(/"/, "\"\"", text)
    return "\"" text "\""
}

function write_loans(    i, w, lender, state, out) {
    lender[1] = "Bibliothèque cantonale, Lausanne"; lender[2] = "City Library, \"Old Mill\" branch"
    lender[3] = "Linen Hall Library, Belfast"; lender[4] = "Staatsbibliothek zu Berlin"
    lender[5] = "University Library, Leiden"
    out = "ill.csv"
    printf "barcode,title,author,lender,due,status\r\n" > out
    for (i = 1; i <= LOANS; i++) {
        w = 1 + i * 17 % works
        state = "on loan"
        if (i % 6 == 0) state = "requested"
        printf "%s,%s,%s,%s,2026-12-%02d,%s\r\n", barcode(5000 + i % 5, 100 + i * 3), csv(work_title[w]),
            csv(work_author[w]), csv(lender[1 + i % 5]), 1 + i % 28, state > out
    }
    close(out)
}
